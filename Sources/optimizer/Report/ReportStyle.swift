/// How the page looks, in light and in dark, on a desk and on a phone.
enum ReportStyle {
    static var css: String {
        let light = variables(lightShades)
        let dark = variables(darkShades)
        let shades = (0..<HeatMapChart.shades).map { ".h\($0){fill:var(--h\($0))}.b\($0){background:var(--h\($0))}" }
        return ":root{\(lightColours)\(light)}@media(prefers-color-scheme:dark){:root{\(darkColours)\(dark)}}"
            + shades.joined() + rules
    }

    private static func variables(_ shades: [String]) -> String {
        shades.enumerated().map { "--h\($0.offset):\($0.element);" }.joined()
    }

    private static let lightColours = """
        color-scheme:light dark;--page:#f6f7f9;--card:#ffffff;--ink:#17202b;--soft:#5a6675;--line:#e3e7ec;--edge:#c9d0d8;\
        --best:#1f66b8;--hold:#8a94a1;--loss:#c2483d;--kept:#eef2f6;--void:#ffffff;--ring:#e0780a;--out:#e0780a;\
        --warn:#8a4b00;--warnbg:#fdf3e3;
        """
    private static let darkColours = """
        --page:#0f141a;--card:#171e26;--ink:#e6ebf1;--soft:#98a5b3;--line:#27313c;--edge:#3d4955;\
        --best:#6bb0f5;--hold:#8593a3;--loss:#f08075;--kept:#1e2833;--void:#171e26;--ring:#ffb454;--out:#ffb454;\
        --warn:#ffcf8a;--warnbg:#2c2415;
        """
    private static let lightShades = [
        "#dfeaf6", "#d0e2f3", "#bcd6ee", "#a7cae8", "#8bb9e0", "#6ea6d6", "#5391c9", "#3b7bb9", "#2867a6", "#1a5390",
        "#104078", "#082c5c",
    ]
    private static let darkShades = [
        "#1f2f40", "#1f364d", "#1f3d5b", "#21486d", "#245580", "#2a6494", "#3375a9", "#4288bd", "#599dd0", "#79b3e0",
        "#a0caec", "#cfe5f8",
    ]

    private static let rules = """
        *{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);\
        font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}\
        main{max-width:1060px;margin:0 auto;padding:28px 20px 56px}\
        h1{font-size:25px;line-height:1.25;margin:0 0 4px;overflow-wrap:anywhere}h2{font-size:17px;margin:0 0 4px}\
        p{margin:0 0 10px}.soft{color:var(--soft)}\
        section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;margin-top:18px}\
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(134px,1fr));gap:12px;margin-top:18px}\
        .tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px;min-width:0}\
        .tile b{display:block;font-size:20px;line-height:1.4;font-weight:650;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}\
        .tile span{color:var(--soft);font-size:13px}.tile.first{background:var(--best);border-color:var(--best);color:var(--card)}\
        .tile.first span{color:inherit;opacity:.85}\
        .warn{background:var(--warnbg);color:var(--warn);border-radius:8px;padding:10px 14px;margin:12px 0 0;overflow-wrap:anywhere}\
        svg{display:block;width:100%;height:auto;overflow:visible}.narrow{display:none}\
        .t{fill:var(--soft);font-size:12px;font-variant-numeric:tabular-nums}.name{fill:var(--ink);font-weight:600}\
        .grid{stroke:var(--line);stroke-width:1}.base{stroke:var(--edge);stroke-width:1}.tick{stroke:var(--edge)}\
        .best,.hold,.loss{fill:none;stroke-linejoin:round}.best{stroke:var(--best);stroke-width:1.8}\
        .hold{stroke:var(--hold);stroke-width:1.4}.thin{stroke-width:1}.loss{stroke:var(--loss);stroke-width:1.3}\
        .under{fill:var(--loss);opacity:.18}.kept{fill:var(--kept)}.void{fill:var(--void)}\
        .ring{fill:none;stroke:var(--ring);stroke-width:2.5}.span{stroke:var(--edge);stroke-width:2}\
        .in{fill:var(--best)}.out{fill:var(--out)}\
        .legend{display:flex;flex-wrap:wrap;gap:6px 16px;align-items:center;color:var(--soft);font-size:13px;margin:4px 0 12px;\
        font-variant-numeric:tabular-nums}.ramp{display:inline-flex}.ramp i{width:16px;height:12px}\
        .key{display:inline-flex;align-items:center;gap:7px}.key i{width:16px;height:12px;border-radius:2px}\
        .key b{color:var(--ink);font-weight:600}\
        .void-box{background:var(--void);border:1px solid var(--edge)}.best-box{background:var(--best)}.hold-box{background:var(--hold)}\
        .loss-box{background:var(--loss)}.out-box{background:var(--out)}.ring-box{border:2.5px solid var(--ring)}\
        .scroll{overflow-x:auto;margin:8px -20px 0;padding:0 20px}\
        table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}\
        th,td{padding:6px 0 6px 18px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}\
        th:first-child,td:first-child{text-align:left;padding-left:0}thead th{color:var(--soft);font-weight:600}\
        tbody th{font-weight:400}tbody tr:last-child>*{border-bottom:0}\
        dl{display:grid;grid-template-columns:max-content 1fr;gap:6px 18px;margin:8px 0 0}dt{color:var(--soft)}\
        dd{margin:0;overflow-wrap:anywhere;min-width:0}code{font:13px ui-monospace,Menlo,"DejaVu Sans Mono",monospace}\
        footer{color:var(--soft);font-size:13px;margin-top:18px;overflow-wrap:anywhere}\
        @media(max-width:640px){main{padding:18px 12px 40px}section{padding:14px}.wide{display:none}.narrow{display:block}\
        h1{font-size:21px}.tiles{grid-template-columns:1fr 1fr;gap:8px}.tile{padding:10px 12px}.tile b{font-size:19px}.tile.first{grid-column:1/-1}\
        .scroll{margin:8px -14px 0;padding:0 14px}table{font-size:13px}th,td{padding-left:10px}thead th,tbody th{white-space:normal}tbody th{min-width:104px}dl{grid-template-columns:1fr;gap:0}\
        dd{margin-bottom:8px}.ramp i{width:12px}}
        """
}
