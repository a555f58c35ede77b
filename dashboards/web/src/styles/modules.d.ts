// What the build makes of a style sheet: nothing that code could use.
declare module '*.css';
