/// The text formats of `/metrics`.
package enum ExpositionFormat: Sendable, Hashable, CaseIterable {
    /// Prometheus text exposition 0.0.4.
    case text
    /// OpenMetrics 1.0.0.
    case openMetrics

    package var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// The format an `Accept` header asks for. OpenMetrics only where it is named, in a version this is, and not
    /// wanted less than text; text for everything else, so that a person and an old scraper get what they can read.
    package init(accept: String) {
        var openMetrics = 0.0
        var text = 0.0
        for range in accept.split(separator: ",") {
            let fields = range.split(separator: ";").map { Self.trim($0).lowercased() }
            guard let type = fields.first else { continue }
            let quality = Self.parameter("q", in: fields).map { Double($0) ?? 0 } ?? 1
            let version = Self.parameter("version", in: fields)
            switch type {
            case "application/openmetrics-text":
                if version == nil || version == "1.0.0" { openMetrics = max(openMetrics, quality) }
            case "text/plain":
                if version == nil || version == "0.0.4" { text = max(text, quality) }
            default: continue
            }
        }
        self = openMetrics > 0 && openMetrics >= text ? .openMetrics : .text
    }

    private static func parameter(_ name: String, in fields: [String]) -> String? {
        for field in fields.dropFirst() where field.hasPrefix(name + "=") {
            return field.dropFirst(name.count + 1).filter { $0 != "\"" }
        }
        return nil
    }

    private static func trim(_ text: Substring) -> Substring {
        var trimmed = text.drop { $0 == " " || $0 == "\t" }
        while trimmed.last == " " || trimmed.last == "\t" { trimmed.removeLast() }
        return trimmed
    }
}
