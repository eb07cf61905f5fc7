package io.tensorpool.bench;

/** Style sheet of the report's page. */
final class PageStyle {
    /** How many lines can be told from each other by colour and marker. */
    static final int STYLES = 7;

    /** Okabe and Ito's colours, which those who do not see red or green can tell apart; lighter on dark ground. */
    private static final String[] ON_LIGHT = {
        "#0072b2", "#d55e00", "#009e73", "#b5579b", "#a87500", "#3b9bd4", "#5a5a5a"
    };

    private static final String[] ON_DARK = {"#56a8e0", "#f58b4c", "#2fc79a", "#e39ccb", "#e9b53b", "#a5d8f7", "#b8b8b8"
    };

    private static final String RULES = """
            body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground);
              max-width:1280px;margin:0 auto;padding:1.5rem}
            h1{font-size:1.7rem;margin:0 0 .3rem}
            h2{font-size:1.3rem;margin:2.6rem 0 .3rem;padding-top:.8rem;border-top:1px solid var(--grid)}
            h3{font-size:1.05rem;margin:1.6rem 0 .2rem}
            p{margin:.3rem 0 .8rem;max-width:75ch;color:var(--soft)}
            .legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;margin:.4rem 0;padding:0}
            .sample{width:28px;height:12px;margin-right:.45rem;vertical-align:middle}
            .plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,380px),1fr));gap:1rem;margin:.4rem 0 1rem}
            .plots svg{width:100%;height:auto;display:block}
            figure{margin:0}
            svg text{font:11.5px system-ui,sans-serif;fill:var(--soft)}
            svg .title{font-size:13.5px;font-weight:600;fill:var(--ink)}
            svg .label{font-size:12px;fill:var(--ink)}
            .grid path{stroke:var(--grid);stroke-width:1;fill:none}
            .grid .frame{stroke:var(--soft)}
            .line{stroke:var(--c);stroke-width:2;fill:none;stroke-linejoin:round}
            .dashed .line{stroke-dasharray:5 4}
            .range{stroke:var(--c);stroke-width:1.5;opacity:.6}
            .marker{fill:var(--c);stroke:var(--ground);stroke-width:1}
            .dashed .marker{fill:var(--ground);stroke:var(--c);stroke-width:1.5}
            .scroll{overflow-x:auto}
            table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
            th,td{padding:.25rem .8rem .25rem 0;text-align:left;white-space:nowrap;vertical-align:top}
            th{font-weight:600}
            thead th{border-bottom:1px solid var(--soft)}
            tbody th,td{border-bottom:1px solid var(--grid)}
            .figure{text-align:right;padding-left:.8rem}
            small{display:block;color:var(--soft);font-size:.78rem}
            """;

    private PageStyle() {}

    static String sheet() {
        return "\n:root{color-scheme:light dark;--ink:#1b1b1b;--soft:#565656;--grid:#e1e1e1;--ground:#fff;"
                + colours(ON_LIGHT) + "}\n@media(prefers-color-scheme:dark){:root{--ink:#ececec;--soft:#aaa;"
                + "--grid:#333;--ground:#161616;" + colours(ON_DARK) + "}}\n" + classes() + RULES;
    }

    private static String colours(final String[] colours) {
        final StringBuilder declarations = new StringBuilder();
        for (int i = 0; i < STYLES; i++) {
            declarations.append("--s").append(i).append(':').append(colours[i]).append(';');
        }
        return declarations.toString();
    }

    private static String classes() {
        final StringBuilder rules = new StringBuilder();
        for (int i = 0; i < STYLES; i++) {
            rules.append(".s").append(i).append("{--c:var(--s").append(i).append(")}\n");
        }
        return rules.toString();
    }
}
