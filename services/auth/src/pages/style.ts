import { createHash } from 'node:crypto'

/** The one style sheet: inline, so that a page is one request; phone first; light and dark; contrast of WCAG AA. */
export const STYLE = `
:root{color-scheme:light dark;--page:#f4f5f7;--card:#fff;--ink:#17202b;--soft:#566272;--line:#d9dee5;--field:#fff;
--accent:#1d5bb8;--accent-ink:#fff;--accent-hover:#174a97;--plain-hover:#eef1f5;--note:#fff6e0;--note-line:#e8c877;
--note-ink:#5c4400;--fault:#fdecec;--fault-line:#eab4b4;--fault-ink:#8a1c1c;--chip:#eef1f5}
@media (prefers-color-scheme:dark){:root{--page:#0e1217;--card:#171d25;--ink:#e8edf3;--soft:#a3afbd;--line:#303a47;
--field:#0e1217;--accent:#7db0ff;--accent-ink:#0b1a30;--accent-hover:#a3c7ff;--plain-hover:#222b36;--note:#2c2512;
--note-line:#6b5720;--note-ink:#f2d894;--fault:#331a1b;--fault-line:#7a3a3c;--fault-ink:#ffb9b9;--chip:#232c37}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;min-height:100vh;min-height:100dvh;display:flex;flex-direction:column;align-items:center;background:var(--page);
color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
header{width:100%;max-width:28rem;padding:1.25rem 1.25rem .75rem;display:flex;align-items:center;gap:.6rem;color:var(--soft)}
svg{flex:none;width:1.25rem;height:1.25rem}
header svg{width:1.75rem;height:1.75rem;color:var(--accent)}
header b{color:var(--ink);font-weight:600}
header span{overflow-wrap:anywhere;font-size:.9rem}
main{width:100%;max-width:28rem;background:var(--card);padding:1.5rem 1.25rem;border-block:1px solid var(--line)}
footer{width:100%;max-width:28rem;padding:.9rem 1.25rem 2rem;font-size:.8rem;color:var(--soft);overflow-wrap:anywhere}
h1{margin:0 0 .5rem;font-size:1.35rem;line-height:1.3;font-weight:650;overflow-wrap:anywhere;text-wrap:balance}
h2{margin:1.5rem 0 .5rem;font-size:.95rem;font-weight:650}
.part{margin-top:2.5rem;font-size:1.15rem}
h3{margin:0;font-size:1rem;line-height:1.4;font-weight:650;overflow-wrap:anywhere}
p{margin:.5rem 0;overflow-wrap:anywhere}
.soft{color:var(--soft)}.small{font-size:.875rem}
dl{margin:1.25rem 0 0;border-top:1px solid var(--line)}
dl>div{display:grid;grid-template-columns:6rem 1fr;gap:.75rem;align-items:baseline;padding:.7rem 0;border-bottom:1px solid var(--line)}
dt{color:var(--soft);font-size:.9rem}
dd{margin:0;overflow-wrap:anywhere;min-width:0}
dd small{display:block;color:var(--soft);font-size:.825rem;line-height:1.4}
code{font:.875em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--chip);border-radius:.25rem;
padding:.1em .35em;overflow-wrap:anywhere}
ul{margin:.5rem 0;padding-left:1.2rem}li{margin:.25rem 0;overflow-wrap:anywhere}
.tag{display:inline-block;padding:0 .5em;border:1px solid var(--note-line);background:var(--note);color:var(--note-ink);
border-radius:1em;font-size:.78rem;line-height:1.5;white-space:nowrap}
.note,.fault{margin:1rem 0 0;padding:.75rem .9rem;border-radius:.5rem;font-size:.925rem;border:1px solid var(--note-line);
background:var(--note);color:var(--note-ink)}
.fault{border-color:var(--fault-line);background:var(--fault);color:var(--fault-ink)}
fieldset{margin:1.5rem 0 0;padding:0;border:0;min-width:0}
legend{padding:0;font-size:.95rem;font-weight:650}
.choice{display:grid;grid-template-columns:1.35rem 1fr;gap:.75rem;align-items:start;padding:.65rem 0;
border-bottom:1px solid var(--line)}
.choice input{width:1.35rem;height:1.35rem;margin:.1rem 0 0;accent-color:var(--accent)}
h1 svg{width:1.4rem;height:1.4rem;margin-right:.5rem;vertical-align:-.2rem;color:var(--accent)}
.choice>svg{width:1.1rem;height:1.1rem;margin:.25rem 0 0 .12rem;color:var(--accent)}
.choice small{display:block;color:var(--soft);font-size:.85rem;line-height:1.45}
label.text{display:block;margin-top:1.25rem;font-weight:600;font-size:.95rem}
input[type=password],input[type=text],textarea,select{display:block;width:100%;margin:.4rem 0 0;padding:.7rem .8rem;font:inherit;color:inherit;
background:var(--field);border:1px solid var(--soft);border-radius:.5rem}
.button{display:flex;align-items:center;justify-content:center;gap:.7rem;width:100%;min-height:3rem;padding:.6rem 1rem;font:inherit;
font-weight:600;text-align:center;text-decoration:none;color:var(--ink);background:transparent;border:1px solid var(--soft);
border-radius:.5rem;cursor:pointer;overflow-wrap:anywhere}
.button:hover{background:var(--plain-hover)}
.primary{color:var(--accent-ink);background:var(--accent);border-color:var(--accent)}
.primary:hover{background:var(--accent-hover);border-color:var(--accent-hover)}
.stack{display:grid;gap:.75rem;margin-top:1.25rem}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:.75rem;margin-top:1.5rem}
.or{display:flex;align-items:center;gap:.75rem;margin:1.5rem 0 0;color:var(--soft);font-size:.9rem}
.or::before,.or::after{content:"";flex:1;border-top:1px solid var(--line)}
.quiet{width:auto;min-height:2.5rem;padding:.35rem .9rem;font-size:.925rem}
.danger{color:var(--fault-ink);border-color:currentColor}
.done{display:grid;grid-template-columns:1.25rem 1fr;gap:.6rem;align-items:start;margin:1rem 0;font-weight:600}
.done svg{margin-top:.15rem;color:var(--accent)}
.entry{margin-top:.75rem;padding-top:1rem;border-top:1px solid var(--line)}
.item{margin:.75rem 0 0;padding:.25rem 0 .25rem .9rem;border-left:3px solid var(--line)}
.entry form{margin-top:.75rem}
.ways{list-style:none;margin:1rem 0 0;padding:0;border-top:1px solid var(--line)}
.ways li{margin:0;border-bottom:1px solid var(--line)}
.ways a{display:block;padding:.75rem 0;text-decoration:none}
.ways small{display:block;color:var(--soft);font-size:.825rem;line-height:1.4}
pre{margin:.5rem 0;padding:.75rem .9rem;background:var(--chip);border-radius:.5rem;white-space:pre-wrap;overflow-wrap:anywhere;
user-select:all}
pre code{padding:0;background:none}
textarea{resize:none;overflow-wrap:anywhere;font:.875rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.aside{margin-top:1.25rem;display:flex;flex-wrap:wrap;gap:.25rem .5rem;align-items:baseline;font-size:.925rem;color:var(--soft)}
.aside form{display:inline}
.link{padding:.25rem 0;font:inherit;color:var(--accent);background:none;border:0;text-decoration:underline;
text-underline-offset:.15em;cursor:pointer}
a{color:var(--accent);text-underline-offset:.15em}
a.button{color:var(--ink)}a.primary{color:var(--accent-ink)}
input.device-code{font:600 1.35rem/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:.12em;text-transform:uppercase}
.user-code{margin:.25rem 0 1rem;font:700 1.75rem/1.3 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:.08em}
.qr{display:block;width:min(100%,15rem);height:auto;margin:.75rem auto;border-radius:.5rem}
details{border-bottom:1px solid var(--line)}summary{padding:.65rem 0;cursor:pointer;font-weight:550}
details>:not(summary){margin:0 0 .8rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:.35rem}
@media (min-width:34rem) and (min-height:34rem){header{padding:max(2rem,8vh) 2rem .9rem}footer{padding-inline:2rem}
main{border:1px solid var(--line);border-radius:.9rem;padding:2rem;box-shadow:0 1px 2px #0000000d,0 8px 28px #0000000f}}
@media (forced-colors:active){.button,.note,.fault,.tag{border:1px solid}}
`

/** Lets exactly this style sheet through `style-src`; a nonce would do no more for a text that never changes. */
export const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`
