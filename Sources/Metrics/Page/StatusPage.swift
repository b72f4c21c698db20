/// The page at `/`.
enum StatusPage {
    static func response() -> HTTPResponse {
        HTTPResponse(headers: [HTTPHeader("Content-Type", "text/html; charset=utf-8")], body: Array("".utf8))
    }
}
