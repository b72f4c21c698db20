extension Page {
    /// How every page looks: dark and light, wide and narrow.
    static let style = #"""
        :root {
          --page: #f6f7f9; --card: #ffffff; --ink: #1a1d21; --quiet: #5b636e; --line: #dfe3e8;
          --blue: #1f6feb; --good: #18794e; --warn: #8a5a00; --bad: #b42318; --band: #f0b4294d;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #0f1216; --card: #181c22; --ink: #e6e9ed; --quiet: #9aa4b0; --line: #2b323b;
            --blue: #6cabff; --good: #56c995; --warn: #eab54d; --bad: #ff8a80; --band: #eab54d40;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0 auto; padding: 12px; max-width: 1180px; background: var(--page); color: var(--ink);
          font: 15px/1.45 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif;
        }
        h1 { display: inline; font-size: 1.3rem; margin: 0 8px 0 0; overflow-wrap: anywhere; }
        h2 { font-size: .85rem; margin: 0 0 6px; color: var(--quiet); font-weight: 600; }
        p { margin: 2px 0; }
        a { color: var(--blue); }
        .quiet { color: var(--quiet); font-size: .85rem; font-weight: 400; }
        .good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); font-weight: 600; }
        .badge { border: 1px solid currentColor; border-radius: 99px; padding: 1px 9px; font-size: .8rem; }
        .badge:empty { display: none; }
        section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px;
          margin-top: 10px; min-width: 0; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(145px, 1fr)); gap: 10px; padding: 0;
          background: none; border: 0; }
        .tile { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px; }
        .figure { font-size: 1.5rem; line-height: 1.2; font-variant-numeric: tabular-nums; font-weight: 600; }
        .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 10px; align-items: start; }
        .curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(300px, 100%), 1fr)); gap: 0 10px; }
        .chart { display: block; width: 100%; height: 130px; overflow: visible; }
        .chart text { fill: var(--quiet); font-size: 11px; }
        .depth { fill: none; stroke: var(--blue); stroke-width: 1.6; stroke-linejoin: round; }
        .under { fill: var(--blue); opacity: .13; }
        .bound { stroke: var(--bad); stroke-width: 1; stroke-dasharray: 5 4; }
        .grid { stroke: var(--line); stroke-width: 1; }
        .band { fill: var(--band); }
        .bar { fill: var(--blue); } .bar.over { fill: var(--bad); }
        .key { font-weight: 400; margin-left: 8px; white-space: nowrap; }
        .swatch { display: inline-block; width: 14px; height: 0; vertical-align: middle; margin: 0 3px 0 6px; }
        .swatch.line { border-top: 2px solid var(--blue); }
        .swatch.bound { border-top: 2px dashed var(--bad); }
        .swatch.band { height: 10px; background: var(--band); }
        table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th { text-align: left; font-size: .78rem; color: var(--quiet); font-weight: 500; padding: 2px 8px 2px 0; }
        td { padding: 4px 8px 4px 0; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
        th.n, td.n { text-align: right; white-space: nowrap; overflow-wrap: normal; }
        th.w, td.w { white-space: nowrap; }
        th.m { min-width: 11em; }
        .n + :not(.n) { padding-left: 14px; }
        td:last-child, th:last-child { padding-right: 0; }
        .facts td:first-child { color: var(--quiet); width: 55%; }
        .facts td:last-child { text-align: right; }
        .facts tr:first-child td { border-top: 0; }
        #latency + table { margin-top: 10px; }
        main.stale { opacity: .45; }
        footer { margin: 14px 2px; }
        @media (max-width: 640px) {
          .pair { grid-template-columns: 1fr; gap: 0; }
          .tiles { grid-template-columns: 1fr 1fr; }
          .key { display: block; margin: 2px 0 0 -6px; }
          .rows:not(.narrow) thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          .rows:not(.narrow) tr { display: block; border-top: 1px solid var(--line); padding: 6px 0; }
          .rows:not(.narrow) tr:first-child { border-top: 0; }
          .rows:not(.narrow) td { display: flex; gap: 12px; justify-content: space-between; border: 0; padding: 1px 0;
            text-align: right; white-space: normal; overflow-wrap: anywhere; }
          .rows:not(.narrow) td::before { content: attr(data-name); color: var(--quiet); flex: none; font-weight: 400; }
          .rows:not(.narrow) td:empty { display: none; }
        }
        """#
}
