// Builds the dashboard into dist/web. Every URL is relative, so that it also works below a path of a
// reverse proxy; each file has a brotli and a gzip copy beside it, which the gateway serves as they are.

import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Smaller than this, a compressed copy saves nothing. */
const bytesMin = 512;

function compressedCopies(): Plugin {
  return {
    name: 'compressed-copies',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const file of Object.values(bundle)) {
          const content = Buffer.from(file.type === 'chunk' ? file.code : file.source);
          if (content.length < bytesMin) continue;
          const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
          const br = brotliCompressSync(content, { params });
          const gz = gzipSync(content, { level: 9 });
          this.emitFile({ type: 'asset', fileName: `${file.fileName}.br`, source: br });
          this.emitFile({ type: 'asset', fileName: `${file.fileName}.gz`, source: gz });
        }
      },
    },
  };
}

export default defineConfig({
  root,
  base: './',
  logLevel: 'warn',
  plugins: [compressedCopies()],
  build: {
    outDir: '../../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    reportCompressedSize: false,
    // Everything inlined would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    // All pages in one file and uPlot in another: on a slow network a round trip costs more than the
    // kilobytes of the pages that are not looked at.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'pages', test: /web\/src\// }] } },
    },
  },
});
