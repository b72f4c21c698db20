import Foundation
import Messages
import Strategies
import TestSupport

/// What one version leaves for another to read: by nodes and by who submits, in topics and in commits.
enum Format: String, CaseIterable, Sendable {
    case commits, results, runs, headers, control, requests, events
    case deadLetters = "dead-letters"
    case recordDigests = "record-digests"
    case sweepRequests = "sweep-requests"
    case sweepResults = "sweep-results"

    /// Others write it, or it is of a moment: it is read only.
    var isReadOnly: Bool { self == .requests || self == .events }

    /// Its figures come out of functions that two machines may round otherwise: they are compared as numbers.
    var isComputed: Bool { self == .runs || self == .sweepResults }
}

/// The lines that a version has left, kept in a folder of its own.
struct Fixtures: CustomStringConvertible, Sendable {
    let version: String

    private static let folder = Files.package + "/Tests/UpgradeTests/Fixtures"

    /// Of builds of the main branch before 0.1.0, as they published and committed.
    static let before = Fixtures(version: "before-0.1.0")
    static let current = Fixtures(version: ProductVersion.text)

    static var all: [Fixtures] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
        return (names ?? []).sorted().map(Fixtures.init)
    }

    var description: String { version }

    /// Whether that version had such a thing.
    func has(_ format: Format) -> Bool { format != .control || version != Self.before.version }

    /// One JSON object each; none where that version had no such thing.
    ///
    /// - Throws: where they are missing.
    func lines(_ format: Format) throws -> [String] {
        let bytes = Files.read(path(format))
        guard !bytes.isEmpty || !has(format) else { throw Failure("\(path(format)) is missing or empty") }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    func values(_ format: Format) throws -> [JSONValue] {
        try lines(format).map { try JSONValue.parse(Array($0.utf8)) }
    }

    /// What the folder holds, as sha256sum prints it, and what is kept of that.
    func sums() throws -> (found: [String], kept: [String]) {
        let found = try Format.allCases.filter(has).map { format in
            _ = try lines(format)
            return "\(SHA256.hex(of: Files.read(path(format))))  \(format.rawValue).jsonl"
        }
        let kept = String(decoding: Files.read("\(Self.folder)/\(version)/SHA256SUMS"), as: UTF8.self)
        return (found.sorted(), kept.split(separator: "\n").map(String.init).sorted())
    }

    func write(_ lines: [String], _ format: Format) throws {
        try FileManager.default.createDirectory(atPath: Self.folder + "/" + version, withIntermediateDirectories: true)
        try (lines.joined(separator: "\n") + "\n").write(toFile: path(format), atomically: true, encoding: .utf8)
    }

    private func path(_ format: Format) -> String { "\(Self.folder)/\(version)/\(format.rawValue).jsonl" }
}
