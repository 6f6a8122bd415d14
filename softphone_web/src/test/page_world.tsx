/** The phone panel on a page, with a faked gateway and browser behind it. */
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { GivenDesk } from "../desk/DeskProvider";
import { theme } from "../theme";
import { PhoneWorld } from "./phone_world";

export function showWith(children: ReactNode): PhoneWorld {
  const world = new PhoneWorld();
  render(
    <MantineProvider theme={theme}>
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <GivenDesk live={world}>{children}</GivenDesk>
      </QueryClientProvider>
    </MantineProvider>,
  );
  return world;
}
