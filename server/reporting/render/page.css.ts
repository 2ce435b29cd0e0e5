import { PAGE } from './layout.ts';

const { width, top, right, bottom, left } = PAGE;

/** The page's style: a sheet of paper on a screen, and the same sheet when it is printed. */
export const PAGE_CSS = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body {
  margin: 0; background: #edf0ed; color: #14201b;
  font: 16px/1.8 "Times New Roman", "FangSong_GB2312", "仿宋_GB2312", FangSong, "仿宋", STFangsong,
    "Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC", serif;
}
article { max-width: ${width}mm; margin: 0 auto; padding: 20mm ${right}mm 20mm ${left}mm; background: #fff; }
.head { margin: 0 0 6mm; color: #c00000; text-align: center; border-bottom: 2px solid #c00000; padding-bottom: 4mm; }
.head strong { display: block; font: 700 30px/1.4 "FZXiaoBiaoSong-B05S", "方正小标宋简体", "Noto Serif CJK SC", serif; }
.head span { color: #14201b; }
h1 {
  margin: 0 0 4mm; font-size: 26px; line-height: 1.5; text-align: center; text-wrap: balance;
  font-family: "FZXiaoBiaoSong-B05S", "方正小标宋简体", STZhongsong, "华文中宋", "Noto Serif CJK SC", "Noto Serif SC", serif;
}
h2, caption, figcaption, th { font-family: SimHei, "黑体", "Heiti SC", "Noto Sans CJK SC", "Noto Sans SC", sans-serif; }
h2 { margin: 1.4em 0 0.4em; padding-left: 2em; font-size: 17px; font-weight: 600; break-after: avoid; }
p { margin: 0; text-indent: 2em; text-align: justify; }
.number { text-align: center; text-indent: 0; margin-bottom: 6mm; }
ol { margin: 0; padding: 0; list-style-position: inside; }
li { text-indent: 2em; text-align: justify; }
.table { overflow-x: auto; margin: 1em 0 0.4em; }
table { width: 100%; border-collapse: collapse; font-size: 13px; line-height: 1.4; }
caption, figcaption { padding: 0 0 6px; font-size: 14px; font-weight: 400; text-align: center; }
th, td { border: 1px solid #5d6a63; padding: 4px 5px; font-weight: 400; text-align: left; overflow-wrap: break-word; }
tbody th, tbody td { min-width: 4em; }
td.figure, td.lack { min-width: 0; }
thead th { background: #edf0ed; text-align: center; vertical-align: middle; }
thead .unit { display: block; color: #43514a; font-size: 0.9em; }
td.figure, th.figure { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.lack { color: #43514a; text-align: center; }
tr.total > * { font-weight: 700; background: #f4f6f4; }
.notes { margin: 0 0 1em; font-size: 12px; line-height: 1.6; text-indent: 0; color: #43514a; }
figure { margin: 1.2em 0; break-inside: avoid; }
figure svg { display: block; width: 100%; height: auto; }
figcaption { padding: 6px 0 0; }
.signature { margin-top: 3em; break-inside: avoid; }
.signature dl { font-size: 0.9em; display: flex; flex-wrap: wrap; gap: 0.4em 2em; margin: 0 0 2em; }
.signature div { display: flex; flex: 1 1 auto; white-space: nowrap; }
.signature dt, .signature dd { margin: 0; }
.signature p { text-align: right; text-indent: 0; padding-right: 2em; }
.brief { font-size: 15px; line-height: 1.6; }
@media (max-width: 600px) { article { padding: 16px; } p { text-align: left; } }
@page { size: A4; margin: ${top}mm ${right}mm ${bottom}mm ${left}mm; @bottom-center { content: "— " counter(page) " —"; font: 14pt "Times New Roman", serif; } }
@page across { size: A4 landscape; margin: ${left}mm ${top}mm ${right}mm ${bottom}mm; }
@media print {
  body { background: none; font-size: 16pt; line-height: 28.95pt; }
  .brief { font-size: 12pt; line-height: 20pt; }
  article { max-width: none; padding: 0; }
  h1 { font-size: 22pt; line-height: 33pt; }
  h2 { font-size: 1em; }
  table { font-size: 9pt; }
  caption, figcaption { font-size: 11pt; line-height: 1.4; }
  .notes { font-size: 9pt; }
  .table { overflow: visible; }
  .across { page: across; }
  .short { break-inside: avoid; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  thead, tbody tr:first-child { break-after: avoid; }
  caption { break-after: avoid; }
}
`;
