/** The look of the status page. Contrast of text is at least 7:1 in both schemes. */
export const pageStyle = `
:root{color-scheme:light dark;--bg:#f4f6f8;--card:#fff;--ink:#14202b;--soft:#43525f;--line:#c9d2da;--good:#0b6b3a;--warn:#8a4b00;--bad:#a3101d;--idle:#4a5864;--in:#fff}
@media (prefers-color-scheme:dark){:root{--bg:#0d1318;--card:#17212a;--ink:#f0f4f7;--soft:#b6c3ce;--line:#33424f;--good:#5fd394;--warn:#ffb545;--bad:#ff8d8d;--idle:#a9b7c2;--in:#0d1318}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:20px/1.35 system-ui,"Noto Sans CJK SC","Noto Sans SC","Microsoft YaHei",sans-serif;font-variant-numeric:tabular-nums}
small{display:block;font-size:.6em;font-weight:500;color:var(--soft)}
a{color:inherit}
.good{--state:var(--good)}.warn{--state:var(--warn)}.bad{--state:var(--bad)}.idle{--state:var(--idle)}
.mark{width:1em;height:1em;flex:none;fill:var(--state);vertical-align:-.12em}
.mark .in{fill:none;stroke:var(--in);stroke-width:2.6;stroke-linecap:round;stroke-linejoin:round}
.mark .ring{fill:none;stroke:var(--state);stroke-width:3;stroke-dasharray:4 3}
header{display:flex;align-items:center;gap:1.2rem;padding:1.2rem 2rem;background:var(--state);color:var(--in);--state2:var(--in)}
header .mark{width:7rem;height:7rem;fill:var(--in)}
header .mark .in{stroke:var(--state)}
header h1{margin:0;font-size:4.2rem;line-height:1.05}
header small{color:inherit;font-size:.45em;font-weight:600}
header .who{margin:.3rem 0 0;font-size:1.5rem;font-weight:600}
header .time{margin:0 0 0 auto;font-size:1.2rem;text-align:right}
header .time b{display:block;font-size:2.4rem}
main{padding:1.2rem 2rem;display:grid;gap:1.4rem}
.alarms{list-style:none;margin:0;padding:0;display:grid;gap:.6rem}
.alarms li{display:flex;align-items:center;gap:.8rem;padding:.7rem 1rem;background:var(--card);border:3px solid var(--state);border-left-width:14px;font-size:1.7rem;font-weight:700}
.alarms .mark{width:1.5em;height:1.5em}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:1rem}
.figures>div{background:var(--card);border:1px solid var(--line);padding:.8rem 1rem;min-width:0}
.figures h2{margin:0;font-size:1.1rem}
.figures small{font-size:.8em}
.value{margin:.2rem 0;font-size:2.6rem;font-weight:700;line-height:1.1}
.detail,.age,.state{margin:0;color:var(--soft);font-size:.85em;overflow-wrap:anywhere}
.meter{height:.7rem;border:1px solid var(--ink);margin:.3rem 0}
.meter i{display:block;height:100%;background:var(--ink)}
.title{margin:0 0 .6rem;font-size:1.5rem}
.title small{display:inline;margin-left:.6rem;font-size:.65em}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:1rem}
article{background:var(--card);border:1px solid var(--line);border-top:10px solid var(--state);padding:.7rem 1rem;min-width:0}
h3{display:flex;align-items:center;gap:.7rem;margin:0;font-size:1.45rem}
h3 span{min-width:0;overflow-wrap:anywhere}
h3 .mark{width:1.5em;height:1.5em}
.state{color:var(--state);font-weight:700;margin:.3rem 0}
.readings{list-style:none;margin:.4rem 0 0;padding:0;display:grid;gap:.5rem}
.readings li{display:grid;grid-template-columns:1fr auto;column-gap:.6rem;border-top:1px solid var(--line);padding-top:.3rem}
.readings .name{color:var(--soft);font-size:.9em;overflow-wrap:anywhere}
.readings b{font-size:2.3rem;line-height:1.1}
.readings .warn,.readings .bad{color:var(--state);font-weight:700;align-self:center}
table{width:100%;border-collapse:collapse}
th,td{text-align:left;padding:.25rem .4rem .25rem 0;vertical-align:baseline;font-weight:500}
.age{text-align:right;white-space:nowrap}
.sources{background:var(--card);border:1px solid var(--line)}
.sources th,.sources td{padding:.5rem .8rem;border-top:1px solid var(--line);overflow-wrap:anywhere}
.sources td:first-child{white-space:nowrap;font-weight:700;color:var(--state)}
.warn>.mark,p.warn{color:var(--warn)}
.problems{margin:0;font-family:ui-monospace,monospace;font-size:.85em}
footer{padding:0 2rem 1.2rem;color:var(--soft);font-size:.8em}
@media (max-width:50rem){.sources thead{display:none}.sources tr{display:block;padding:.4rem 0;border-top:1px solid var(--line)}.sources td{display:block;border:0;padding:.1rem .8rem;text-align:left}header{flex-wrap:wrap;padding:1rem}header h1{font-size:3rem}header .mark{width:4.5rem;height:4.5rem}main{padding:1rem}footer{padding:0 1rem 1rem}}
`
