import Testing

@testable import Configuration

struct ShippedFileTests {
    /// Two directories up from this file lies the root of the project.
    private let path =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        .joined(separator: "/") + "/config/optimizer.yml"

    @Test func saysExactlyTheDefaults() throws {
        #expect(try OptimizerConfiguration.load(file: path, environment: [:], settings: []) == .defaults)
    }

    @Test(arguments: ConfigurationKey.all)
    func holdsEachKeyWithACommentThatNamesUnitRangeAndDefault(_ key: ConfigurationKey) throws {
        let text = String(decoding: try readFile(path, maximumBytes: 1 << 20), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let root = try #require(YAMLReader.read(Array(text.utf8)).document)
        let mark = try #require(place(of: key.path.split(separator: ".").map(String.init), in: root))
        let line = lines[mark.line - 1]
        let comment = try #require(line.firstIndex(of: "#").map { String(line[$0...]) })
        #expect(comment.hasSuffix("default \(key.defaultText)"))
        if let unit = key.unit { #expect(comment.contains("# \(unit),")) }
        let range = key.expects.split(separator: " ").filter { Int($0.filter(\.isNumber)) != nil }
        if key.unit != nil { #expect(range.allSatisfy { comment.contains($0.filter(\.isNumber)) }) }
        let isExplainedAbove = lines[mark.line - 2].drop { $0 == " " }.hasPrefix("#")
        #expect(isExplainedAbove || key.path.contains("topics.") || key.unit == nil)
    }

    private func place(of path: [String], in node: YAMLNode) -> YAMLMark? {
        guard case .mapping(let members) = node.content, let member = members.first(where: { $0.name == path[0] })
        else { return nil }
        return path.count == 1 ? member.mark : place(of: Array(path.dropFirst()), in: member.value)
    }
}
