/// An SVG picture, as it is drawn.
struct Drawing {
    let width: Double
    let height: Double
    private var body = ""

    enum Anchor: String { case start, middle, end }

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    /// - Parameter label: says what the picture shows to those who cannot see it.
    func svg(_ label: String) -> String {
        "<svg viewBox=\"0 0 \(n(width)) \(n(height))\" role=\"img\" aria-label=\"\(Markup.escaped(label))\">\(body)</svg>"
    }

    /// - Parameter title: what a pointer over it shows.
    mutating func rect(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, title: String? = nil
    ) {
        body += "<rect class=\"\(style)\" x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(width))\" height=\"\(n(height))\""
        body += title.map { "><title>\(Markup.escaped($0))</title></rect>" } ?? "/>"
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
        body += "<line class=\"\(style)\" x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\"/>"
    }

    mutating func dot(_ x: Double, _ y: Double, _ radius: Double, _ style: String, title: String? = nil) {
        body += "<circle class=\"\(style)\" cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(radius))\""
        body += title.map { "><title>\(Markup.escaped($0))</title></circle>" } ?? "/>"
    }

    mutating func text(_ x: Double, _ y: Double, _ text: String, _ anchor: Anchor = .start, style: String = "t") {
        body += "<text class=\"\(style)\" x=\"\(n(x))\" y=\"\(n(y))\" text-anchor=\"\(anchor.rawValue)\">"
        body += Markup.escaped(text) + "</text>"
    }

    /// - Parameter base: where an area ends; nil for a line.
    mutating func path(_ points: [(x: Double, y: Double)], _ style: String, base: Double? = nil) {
        guard let first = points.first, let last = points.last else { return }
        var data = "M" + points.map { "\(n($0.x)) \(n($0.y))" }.joined(separator: "L")
        if let base { data += "L\(n(last.x)) \(n(base))L\(n(first.x)) \(n(base))Z" }
        body += "<path class=\"\(style)\" d=\"\(data)\"/>"
    }

    private func n(_ value: Double) -> String {
        let text = value.fixed(1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

/// A picture in two widths, of which the page shows the one that fits: text keeps its size on a phone.
enum Figure {
    static func html(_ draw: (_ width: Double) -> String) -> String {
        "<div class=\"wide\">\(draw(960))</div><div class=\"narrow\">\(draw(380))</div>"
    }
}
