const { resolve } = require('node:path');
const webpack = require('webpack');

const [, , variant] = process.argv;
const carried = { module: { rules: [{ test: /\.node$/, loader: 'node-loader' }] } };
const external = { externals: { 'graph8-crm': 'commonjs graph8-crm' } };
const config = {
  mode: 'production',
  target: 'node20',
  entry: './app.mjs',
  output: { path: resolve('out') },
  ...(variant === 'carried' ? carried : external),
};

webpack(config, (failure, stats) => {
  if (failure) throw failure;
  console.log(stats.toString({ colors: false }));
  process.exitCode = stats.hasErrors() ? 1 : 0;
});
