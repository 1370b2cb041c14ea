"""The page's style sheet and its few lines of script. Everything is in the page: no assets."""

STYLE = """
:root { color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1c2430; --soft: #5b6676; --line: #dfe3e9;
  --good: #1a7f4b; --good-soft: #e3f4ea; --bad: #c0302b; --bad-soft: #fdeceb;
  --c0: #2563c9; --c1: #c2570c; --c2: #0f8577; --c3: #8b3fc4; --c4: #a16207; --c5: #c02672;
  --band: #2563c91f; --expected: #6b7686; }
@media (prefers-color-scheme: dark) { :root {
  --page: #12161c; --card: #1b2129; --ink: #e6eaf0; --soft: #9aa5b5; --line: #313a46;
  --good: #4ccb88; --good-soft: #17352a; --bad: #ff7b72; --bad-soft: #3b1f20;
  --c0: #6ea8ff; --c1: #f2954e; --c2: #45c4b4; --c3: #c08bf0; --c4: #dcb24a; --c5: #f27ab5;
  --band: #6ea8ff26; --expected: #8b96a6; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main, header.top { max-width: 1240px; margin: 0 auto; padding: 0 24px; }
header.top { padding-top: 34px; }
h1 { font-size: 27px; line-height: 1.25; margin: 2px 0 6px; letter-spacing: -.01em; }
h2 { font-size: 18px; margin: 38px 0 12px; }
h3 { font-size: 15px; margin: 0; }
p { margin: 0 0 10px; } .soft { color: var(--soft); }
.kicker { color: var(--soft); font-size: 13px; letter-spacing: .06em; text-transform: uppercase; }
.good h1::before, .bad h1::before { content: ""; display: inline-block; width: 14px; height: 14px;
  border-radius: 50%; margin-right: 12px; background: var(--good); }
.bad h1::before { background: var(--bad); border-radius: 3px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
  margin: 20px 0 0; padding: 0; }
.tiles div, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tiles div { padding: 12px 16px; }
.tiles dt { color: var(--soft); font-size: 13px; } .tiles dd { margin: 0; font-size: 23px;
  font-weight: 600; font-variant-numeric: tabular-nums; }
.tiles small { font-size: 14px; font-weight: 400; color: var(--soft); }
.order { list-style: none; display: flex; flex-wrap: wrap; gap: 6px; margin: 22px 0 0;
  padding: 0; }
.order li { flex: 1 1 90px; border-top: 4px solid var(--good); background: var(--card);
  border-radius: 3px 3px 8px 8px; padding: 7px 10px 8px; font-size: 13px; line-height: 1.35; }
.order li.failed { border-color: var(--bad); background: var(--bad-soft); }
.order b { display: block; } .order span { color: var(--soft); }
.order .failed span { color: var(--bad); font-weight: 600; }
.grid2 { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 16px; }
.card { padding: 16px 18px; min-width: 0; }
.card header { display: flex; justify-content: space-between; gap: 12px; align-items: baseline; }
.failure { border-left: 4px solid var(--bad); margin-bottom: 12px; }
.failure dl { display: grid; grid-template-columns: 88px 1fr; gap: 2px 12px; margin: 8px 0 0; }
.failure dt { color: var(--soft); } .failure dd { margin: 0; overflow-wrap: anywhere; }
code { font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
.chip { display: inline-block; padding: 0 9px; border-radius: 20px; font-size: 12.5px;
  border: 1px solid var(--line); color: var(--soft); white-space: nowrap; }
.chip.hardware { border-color: var(--good); color: var(--good); }
.chip.stand-in { border-style: dashed; }
.state { font-weight: 600; white-space: nowrap; }
.state.ok { color: var(--good); } .state.failed { color: var(--bad); }
.plot { width: 100%; height: auto; display: block; margin-top: 8px; }
.plot .grid { stroke: var(--line); stroke-width: 1; } .plot .axis { stroke: var(--soft); }
.plot .tick, .plot .unit { fill: var(--soft); font-size: 12px; }
.plot .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
.plot .median { stroke-width: 3; }
.plot .faint { stroke: var(--soft); stroke-width: 1; opacity: .28; }
.plot .expected { stroke: var(--expected); stroke-width: 1.6; stroke-dasharray: 6 5; }
.plot .dot { stroke: var(--card); stroke-width: 1.2; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 6px 0 0;
  padding: 0; font-size: 13.5px; }
.legend i { display: inline-block; width: 18px; height: 0; border-top: 3px solid;
  margin: 0 7px 4px 0;
  vertical-align: middle; }
.legend i.expected { border-top: 2px dashed var(--expected); }
.legend i.faint { border-top: 1px solid var(--soft); }
figcaption { margin-top: 8px; font-size: 13.5px; }
details { margin-top: 10px; } summary { cursor: pointer; color: var(--soft); font-size: 13.5px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 13px; }
th, td { padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
td { overflow-wrap: anywhere; } td.whole { white-space: nowrap; }
tr.failed :is(th, td) { background: var(--bad-soft); }
tr.failed > :first-child { padding-left: 8px; }
.member { display: grid; grid-template-columns: 210px 1fr; gap: 16px;
  align-items: center;
  padding: 9px 0; border-bottom: 1px solid var(--line); }
.member:last-of-type { border: 0; }
.bar { position: relative; height: 26px; border-radius: 5px; overflow: hidden; display: flex;
  background: var(--line); font-size: 12.5px; }
.bar span { display: flex; align-items: center; padding: 0 9px; overflow: hidden;
  white-space: nowrap; color: #fff; }
@media (prefers-color-scheme: dark) { .bar span { color: #10151b; } }
.chance { position: relative; height: 9px; margin-top: 3px; }
.chance i { position: absolute; top: 0; bottom: 0; border: 1px solid var(--expected);
  border-top: 0; border-radius: 0 0 4px 4px; }
.filters { display: flex; flex-wrap: wrap; gap: 12px 18px; align-items: center;
  margin-bottom: 10px; }
.filters input[type=search] { font: inherit; padding: 5px 10px; border-radius: 7px;
  min-width: 230px;
  border: 1px solid var(--line); background: var(--card); color: inherit; }
footer { max-width: 1240px; margin: 40px auto 0; padding: 14px 24px 40px; color: var(--soft);
  font-size: 13.5px; }
@media (max-width: 560px) { .member { grid-template-columns: 1fr; gap: 4px; }
  .order { list-style: none; display: flex; flex-wrap: wrap; gap: 6px; margin: 22px 0 0;
  padding: 0; }
.order li { flex: 1 1 90px; border-top: 4px solid var(--good); background: var(--card);
  border-radius: 3px 3px 8px 8px; padding: 7px 10px 8px; font-size: 13px; line-height: 1.35; }
.order li.failed { border-color: var(--bad); background: var(--bad-soft); }
.order b { display: block; } .order span { color: var(--soft); }
.order .failed span { color: var(--bad); font-weight: 600; }
.grid2 { grid-template-columns: 1fr; } }
@media print { .filters { display: none; } body { background: none; } }
""" + "".join(
    f".plot .line.c{n}:not(.expected):not(.faint) {{ stroke: var(--c{n}); }} "
    f".plot .dot.c{n} {{ fill: var(--c{n}); }} .legend i.c{n} {{ border-color: var(--c{n}); }} "
    f".bar .c{n} {{ background: var(--c{n}); }}\n"
    for n in range(6)
)

SCRIPT = """
const rows = [...document.querySelectorAll('#checks tbody tr')];
const only = document.getElementById('only-failed'), words = document.getElementById('words');
const count = document.getElementById('shown');
function filter() {
  const wanted = words.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = (only.checked && !row.classList.contains('failed'))
      || !wanted.every(word => text.includes(word));
    shown += !row.hidden;
  }
  count.textContent = shown + ' of ' + rows.length + ' shown';
}
only.addEventListener('change', filter); words.addEventListener('input', filter); filter();
"""
