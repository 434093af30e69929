package html

// style is the style sheet of the report. It has both schemes, and one for paper.
const style = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#17202e;--soft:#4d5867;--line:#d8dde5;--head:#eef1f5;--accent:#1d4ed8;--bar:#5b7fd6;--over:#c2410c;
--critical:#9f1239;--high:#9a3412;--medium:#854d0e;--low:#1d4ed8;--note:#4b5563;--critical-bg:#ffe4e6;--high-bg:#ffedd5;--medium-bg:#fef3c7;--low-bg:#dbeafe;--note-bg:#eceff3}
@media (prefers-color-scheme:dark){:root{--bg:#0e141d;--card:#17202d;--ink:#e8edf4;--soft:#aab6c5;--line:#2f3b4c;--head:#1f2a39;--accent:#93b8ff;--bar:#6f95ec;--over:#fb923c;
--critical:#fda4af;--high:#fdba74;--medium:#fde68a;--low:#93c5fd;--note:#cbd5e1;--critical-bg:#4c0d1f;--high-bg:#43200d;--medium-bg:#3a2a08;--low-bg:#13294f;--note-bg:#2a3442}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main,header,footer{max-width:1180px;margin:0 auto;padding:0 16px}
header{padding-top:28px}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:1.2rem;margin:0 0 4px}
h3{font-size:1rem;margin:0}
p{margin:0 0 12px}
a{color:var(--accent)}
.soft{color:var(--soft)}
.small{font-size:.875rem}
code{font:.875em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
section{margin:20px 0;padding:18px 18px 14px;background:var(--card);border:1px solid var(--line);border-radius:12px}
.counts{display:grid;grid-template-columns:repeat(auto-fit,minmax(104px,1fr));gap:10px;margin:18px 0;padding:0;list-style:none}
.counts li{padding:10px 12px;border-radius:10px;border:1px solid var(--line);background:var(--card)}
.counts b{display:block;font-size:1.6rem;line-height:1.15;font-variant-numeric:tabular-nums}
.counts .critical,.counts .high,.counts .medium,.counts .low,.counts .note{border-color:currentColor}
.critical{color:var(--critical)}.high{color:var(--high)}.medium{color:var(--medium)}.low{color:var(--low)}.note{color:var(--note)}
.badge{display:inline-block;padding:1px 8px;border-radius:999px;font-size:.8125rem;font-weight:600;white-space:nowrap}
.badge.critical{background:var(--critical-bg)}.badge.high{background:var(--high-bg)}.badge.medium{background:var(--medium-bg)}.badge.low{background:var(--low-bg)}.badge.note{background:var(--note-bg)}
.alert,header p{overflow-wrap:anywhere}
.alert{border-color:var(--over);border-left-width:6px}
.findings{list-style:none;margin:12px 0 0;padding:0}
.findings li{display:grid;grid-template-columns:92px minmax(0,1fr);gap:2px 12px;padding:11px 0;border-top:1px solid var(--line)}
.findings .badge{justify-self:start;align-self:start}
.findings b{font-weight:600;overflow-wrap:anywhere}
.findings .who,.findings .fix{grid-column:2;overflow-wrap:anywhere}
.findings .who{color:var(--soft)}
.findings .fix{justify-self:start;padding:3px 8px;background:var(--head);border-radius:6px}
small{font-size:.875rem}
details{margin-top:10px}
summary{cursor:pointer;color:var(--accent);min-height:24px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,220px),1fr));gap:18px 26px;margin-top:12px}
figure{margin:0}
figcaption{font-weight:600}
svg{display:block;width:100%;overflow:hidden}svg svg{overflow:visible}
svg text{fill:var(--soft);font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
svg .value{fill:var(--ink);font-weight:600}
.bar{fill:var(--bar)}.bar.over{fill:var(--over)}.bar.unknown{fill:var(--note)}
.axis{stroke:var(--line)}.limit{stroke:var(--over);stroke-dasharray:4 3;stroke-width:1.5}
svg .limit-text{fill:var(--over)}
.track{stroke:var(--line);stroke-width:2}
svg .event{fill:var(--ink);font-size:13px}
.mark.expires{fill:var(--critical)}.mark.deleted{fill:var(--note)}.mark.due{fill:var(--accent)}
.controls{display:flex;flex-wrap:wrap;gap:12px;align-items:end;margin:12px 0}
.controls[hidden]{display:none}
.controls label{display:block;font-size:.875rem;color:var(--soft)}
input,select,button{font:inherit;color:inherit}
.controls input[type=search],.controls select{display:block;min-height:40px;padding:6px 10px;background:var(--card);border:1px solid var(--soft);border-radius:8px;max-width:100%}
.controls .check{display:flex;gap:8px;align-items:center;min-height:40px;color:var(--ink)}
.check input{width:20px;height:20px}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%;font-size:.875rem}
caption{text-align:left;padding:0 0 6px;color:var(--soft)}
.scroll caption{padding:8px 10px}
th,td{text-align:left;padding:7px 10px;border-bottom:1px solid var(--line);vertical-align:top}
thead th{background:var(--head);white-space:nowrap}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.name{min-width:10rem;max-width:22rem;overflow-wrap:anywhere}
td.id{overflow-wrap:anywhere}
#inventory-table,#inventory-table>*{display:block;width:99rem}
#inventory-table tr{display:grid;grid-template-columns:7rem 14rem repeat(3,7rem) 8rem repeat(5,7rem) 21rem;border-bottom:1px solid var(--line)}
.long .findings li{content-visibility:auto;contain-intrinsic-size:auto 92px}
.long #inventory-table tbody tr{content-visibility:auto;contain-intrinsic-size:auto 2.3rem}
#inventory-table caption{position:sticky;left:0;width:auto;max-width:calc(100vw - 4rem)}
#inventory-table tr[hidden]{display:none}
#inventory-table td,#inventory-table th{border:0;overflow-wrap:anywhere}
#inventory-table tbody th{font-weight:600}
#inventory-table td:nth-child(6){text-align:right;font-variant-numeric:tabular-nums}
#inventory-table td:last-child{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
td.d{white-space:nowrap}
th button{background:none;border:0;padding:4px 0;font-weight:600;cursor:pointer;min-height:28px}
th button::after{content:" \2195";color:var(--soft)}
th[aria-sort=ascending] button::after{content:" \2191"}th[aria-sort=descending] button::after{content:" \2193"}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:4px}
.off{color:var(--soft)}
footer{padding-bottom:32px}
@media (max-width:520px){.findings li{grid-template-columns:1fr}.findings .who,.findings .fix{grid-column:1}section{padding:14px 12px}}
@media print{:root{--bg:#fff;--card:#fff;--ink:#000;--soft:#333;--line:#bbb;--head:#eee}body{font-size:10pt}.controls,nav{display:none}section{border:0;padding:0;break-inside:auto}.scroll{overflow:visible;border:0}#inventory-table,#inventory-table>*{width:100%}
#inventory-table tr{grid-template-columns:6.6em 1.8fr 1.6fr 1.5fr 1.6fr 4.4em 6.6em 6.6em 1fr 1fr 4.8em 2.3fr}#inventory-table{font-size:7pt}#inventory-table td,#inventory-table th{padding:3px}#inventory-table .badge{padding:0 3px;font-size:7pt}th button{text-align:left;white-space:normal;padding:0;font-size:7pt}
.long .findings li,.long #inventory-table tbody tr{content-visibility:visible}.findings li,figure,tr{break-inside:avoid}h2,caption,#f-status{break-after:avoid}th button::after{content:""}}
`
