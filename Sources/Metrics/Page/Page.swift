/// A page: one document without outside resources, which shows what `/status` beside it says and asks again each second.
/// It takes no command. Everything it shows is set as text, never as markup: names and ids come from outside.
struct Page {
    /// Until the script has set its own.
    let title: String
    let markup: String
    /// Runs behind `drawing`, and ends with `follow`.
    let script: String

    func response() -> HTTPResponse {
        var generator = SystemRandomNumberGenerator()
        return response(nonce: generator.next())
    }

    /// Style and script are allowed by a number used once; nothing else may be loaded, framed or sent.
    func response(nonce number: UInt64) -> HTTPResponse {
        let nonce = String(number, radix: 36)
        let policy = [
            "default-src 'none'", "script-src 'nonce-\(nonce)'", "style-src 'nonce-\(nonce)'", "connect-src 'self'",
            "img-src data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
            "require-trusted-types-for 'script'", "trusted-types 'none'",
        ]
        return HTTPResponse(
            headers: [
                HTTPHeader("Content-Type", "text/html; charset=utf-8"),
                HTTPHeader("Content-Security-Policy", policy.joined(separator: "; ")),
                HTTPHeader("Referrer-Policy", "no-referrer"),
            ],
            body: Array(document(nonce: nonce).utf8))
    }

    private func document(nonce: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title)</title>
        <link rel="icon" href="data:,">
        <style nonce="\(nonce)">
        \(Self.style)
        </style>
        </head>
        <body>
        \(markup)
        <script nonce="\(nonce)">
        "use strict";
        \(Self.drawing)
        \(script)
        </script>
        </body>
        </html>

        """
    }
}
