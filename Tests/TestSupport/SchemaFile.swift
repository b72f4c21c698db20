package import Messages

/// A JSON schema of the project.
package enum SchemaFile: String, CaseIterable, Sendable {
    case request, sweep, result
    case sweepStep = "sweep-step"
    case sweepStepResult = "sweep-step-result"
    case mergedSweep = "merged-sweep"
    case walkForward = "walk-forward"
    case mergedWalkForward = "merged-walk-forward"
    case metricsEvent = "metrics-event"

    /// From the root of the project.
    package var path: String {
        self == .metricsEvent ? "deploy/\(rawValue).schema.json" : "deploy/schemas/\(rawValue).schema.json"
    }

    /// - Parameter reference: the file of a `$ref`, from wherever it is referred to.
    init?(reference: Substring) {
        guard let name = reference.split(separator: "/").last, name.hasSuffix(".schema.json") else { return nil }
        self.init(rawValue: String(name.dropLast(".schema.json".count)))
    }

    private static let documents = Dictionary(
        uniqueKeysWithValues: allCases.map { file in
            (file, Result { try JSONValue.parse(Files.read("\(Files.package)/\(file.path)")) })
        })

    /// `null` where it cannot be read: then nothing it is asked for is there.
    package var document: JSONValue { (try? Self.documents[self]?.get()) ?? .null }

    func check(isOpen: Bool = false) -> SchemaCheck { SchemaCheck(document: document, isOpen: isOpen) }

    /// What is wrong with a message; empty: it is valid.
    package func problems(of value: JSONValue) -> [String] {
        guard document != .null else { return ["\(path) cannot be read"] }
        return check().problems(of: value, against: document, rawValue)
    }

    /// The schema of a request or of a result: of one run, or of a step of a sweep.
    package static func of(_ message: JSONValue, _ run: SchemaFile, _ step: SchemaFile) -> SchemaFile {
        message["type"]?.string?.hasPrefix("optimization") == true ? step : run
    }
}
