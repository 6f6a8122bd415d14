import { TriangleAlert } from "lucide-react";
import { Component, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import styles from "./Boundary.module.css";

interface BoundaryProps {
  children: ReactNode;
  part: "page" | "phone" | "app";
  /** Where the reader is: what broke there is tried again elsewhere. */
  at?: string;
}

/** What breaks within stays within: the phone and its call go on beside a page that does not. A page breaks above all
 * when the gateway was updated while it was open, and a part of it that was not loaded yet is there no more. */
export class Boundary extends Component<BoundaryProps, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override componentDidUpdate(before: BoundaryProps): void {
    if (this.state.broken && before.at !== this.props.at) this.setState({ broken: false });
  }

  override render(): ReactNode {
    return this.state.broken ? <Broken part={this.props.part} /> : this.props.children;
  }
}

/** Plain, so that it needs nothing that may be what broke. */
function Broken({ part }: { part: BoundaryProps["part"] }) {
  const { t } = useTranslation();
  return (
    <section className={styles.broken} role="alert" data-testid={`broken-${part}`}>
      <TriangleAlert size={28} strokeWidth={1.6} aria-hidden="true" />
      <p>{t(`broken.${part}`)}</p>
      <button type="button" onClick={() => window.location.reload()} data-testid="broken-reload">
        {t("broken.reload")}
      </button>
    </section>
  );
}
