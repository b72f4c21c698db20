import TestSupport
import Testing

@testable import Metrics

/// A page within a frame, since a headless window has a least width. The frame tells its parent how wide its content is
/// and what colour it has.
struct FramedPage {
    let page: Page
    let status: [UInt8]

    /// That nothing is wider than the page, and that it has the colours that are asked for.
    func check(width: Int, isDark: Bool) throws {
        let server = try serve(width: width)
        defer { server.stop() }
        let url = "http://127.0.0.1:\(server.port)/frame"
        let document = try Browser.document(at: url, look: Browser.Look(isDark: isDark))
        #expect(document.contains("data-width=\"\(width)\""), "the page is wider than its window")
        #expect(document.contains(isDark ? "rgb(15, 18, 22)" : "rgb(246, 247, 249)"))
        guard width == 360 else { return }
        let picture = try Browser.picture(of: url, look: Browser.Look(width: 500, height: 2900, isDark: isDark))
        #expect(picture.starts(with: [0x89, 0x50, 0x4e, 0x47]))
    }

    private func serve(width: Int) throws -> HTTPServer {
        let measure = """
            setTimeout(() => {
              const mine = parent.document.body.dataset;
              mine.width = document.documentElement.scrollWidth;
              mine.colour = getComputedStyle(document.body).backgroundColor;
            }, 1000);
            """
        let document = String(decoding: page.response().body, as: UTF8.self) + "<script>\(measure)</script>"
        let html = [
            HTTPHeader("Content-Type", "text/html; charset=utf-8"),
            HTTPHeader("Content-Security-Policy", "frame-ancestors 'self'"),
        ]
        let frame = "<body style='margin:0'><iframe src='/' width=\(width) height=2900 style='border:0'>"
        return try HTTPServer(host: "127.0.0.1", port: 0) { [status] request in
            switch request.path {
            case "/status": .json(status)
            case "/": HTTPResponse(headers: html, body: Array(document.utf8))
            default: HTTPResponse(headers: html, body: Array(frame.utf8))
            }
        }
    }
}
