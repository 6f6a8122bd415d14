import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const gateway = process.env.RAMAL_DEV_GATEWAY ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../gateway/web",
    emptyOutDir: true,
    rolldownOptions: { input: { index: "index.html", embed: "embed.html" } },
    target: "es2022",
    sourcemap: false,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { "/api": gateway, "/socket.io": { target: gateway, ws: true } } },
  test: {
    environment: "jsdom",
    setupFiles: ["./src/test/setup.ts"],
    restoreMocks: true,
    testTimeout: 60_000,
    maxWorkers: 2,
  },
});
