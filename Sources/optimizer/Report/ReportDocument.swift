/// A page of a report: one file, nothing loaded from anywhere, no script.
enum ReportDocument {
    /// - Parameters:
    ///   - title: as it reads; all else is markup.
    ///   - subject: what it is of.
    ///   - warnings: what is said before anything else.
    ///   - origin: where the figures are from.
    static func html(title: String, subject: String, warnings: String, sections: [String], origin: String) -> String {
        let title = Markup.escaped(title)
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
            base-uri 'none'; form-action 'none'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title>
            <style>\(ReportStyle.css)</style></head>
            <body><main>
            <header><h1>\(title)</h1><p class="soft">\(subject)</p>\(warnings)</header>
            \(sections.joined(separator: "\n"))
            <footer>\(origin)</footer>
            </main></body></html>

            """
    }

    static func section(_ title: String, _ words: String, _ body: String) -> String {
        "<section><h2>\(title)</h2>\(words.isEmpty ? "" : "<p class=\"soft\">\(words)</p>")\(body)</section>"
    }
}
