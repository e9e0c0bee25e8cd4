/** Of the printed report: dark text on white, no colour that carries meaning alone, no picture cut by a page's end. */
export const reportStyle = `
body { font: 14px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
.figures { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0; }
.figures div { border: 1px solid #ccc; border-radius: 6px; padding: .5rem 1rem; }
.figures dt { color: #555; } .figures dd { margin: 0; font-size: 1.4rem; font-weight: 600; }
.charts { display: flex; flex-wrap: wrap; gap: 2rem; }
.charts figure { margin: 0; flex: 1 1 24rem; }
.charts ol { display: flex; align-items: flex-end; gap: 4px; height: 150px; padding: 0; margin: 0; list-style: none; }
.charts li { flex: 1; text-align: center; font-size: 10px; }
.charts b { display: block; font-weight: 400; } .charts span { white-space: nowrap; }
.charts i { display: block; background: #7a8ea5; min-height: 1px; }
.charts i.flagged { background: repeating-linear-gradient(45deg, #b3261e, #b3261e 4px, #d9655f 4px, #d9655f 8px); }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th, td { border-bottom: 1px solid #ddd; padding: .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th:nth-child(1), th:nth-child(5) { width: 30%; } th:nth-child(3), th:nth-child(4) { width: 6rem; }
td figure { margin: 0; } td figcaption { font-size: 12px; color: #555; } img { max-width: 160px; max-height: 160px; }
@media print {
  body { margin: 0; max-width: none; } tr { break-inside: avoid; } thead { display: table-header-group; }
  i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
