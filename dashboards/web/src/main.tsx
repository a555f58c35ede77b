// The dashboard's start.
import { render } from 'preact';
import { App } from './shell/app.tsx';
import { startTheme } from './shell/theme.ts';
import 'uplot/dist/uPlot.min.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/parts.css';

startTheme();
const place = document.querySelector('#app')!;
place.replaceChildren();
render(<App />, place);
