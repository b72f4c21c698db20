import TestSupport

@testable import Configuration

/// `deploy/compose/compose.yml`, as far as it says what the programs of this project are started with.
struct ComposeFile {
    struct Service {
        let name: String
        let image: String
        /// nil: that of the image.
        let command: [String]?
        let environment: [String: String]
        /// A volume's name, or a path from the file's folder; and where it is in the container.
        let mounts: [(source: String, target: String)]
        /// The words of its own check; nil: that of the image.
        let check: [String]?
        /// Others that have to be there, or to have ended well, before.
        let needs: [String]
        /// It runs to its end.
        let isJob: Bool
    }

    let services: [Service]

    init() throws {
        let services = try YAMLNode.documents("deploy/compose/compose.yml").first?["services"]?.merged ?? []
        self.services = try services.map { try Service($0.name, $0.value) }
    }

    /// Services of the image, each behind those it needs.
    func inOrder(ofImage image: String) throws -> [Service] {
        var left = services.filter { $0.image == image }
        var ordered: [Service] = []
        while !left.isEmpty {
            let ready = left.filter { service in !service.needs.contains { name in left.contains { $0.name == name } } }
            guard !ready.isEmpty else { throw Failure("services wait for each other: \(left.map(\.name))") }
            ordered += ready
            left.removeAll { service in ready.contains { $0.name == service.name } }
        }
        return ordered
    }
}

extension ComposeFile.Service {
    init(_ name: String, _ node: YAMLNode) throws {
        self.name = name
        image = node["image"]?.text ?? ""
        command = node["command"]?.texts
        environment = (node["environment"]?.merged ?? []).reduce(into: [:]) { $0[$1.name] = $1.value.text }
        mounts = try (node["volumes"]?.texts ?? []).map { text in
            let parts = text.split(separator: ":").map(String.init)
            guard parts.count > 1 else { throw Failure("\(name): the volume \(text) does not say where it is from") }
            return (parts[0], parts[1])
        }
        let check = node["healthcheck"]
        self.check = check?["test"]?.texts.map { Array($0.dropFirst()) }
        isJob = check?["disable"]?.text == "true"
        let needs = node["depends_on"]
        self.needs = needs?.texts ?? needs?.merged.map(\.name) ?? []
    }
}

extension YAMLNode {
    /// The documents of a file of the project.
    static func documents(_ file: String) throws -> [YAMLNode] {
        try Files.text(file).split(separator: /^---.*$/.anchorsMatchLineEndings()).compactMap { text in
            let (document, problems) = YAMLReader.read(Array(text.utf8))
            guard problems.isEmpty else { throw Failure("\(file): \(problems)") }
            return document
        }
    }

    /// Every map in it, itself among them.
    var maps: [YAMLNode] {
        switch content {
        case .scalar: []
        case .sequence(let elements): elements.flatMap(\.maps)
        case .mapping(let members): [self] + members.flatMap(\.value.maps)
        }
    }

    /// Members of a map, with what it merges in (`<<`) where it has no such member itself.
    var merged: [YAMLMember] {
        guard case .mapping(let members) = content else { return [] }
        let own = members.filter { $0.name != "<<" }
        let others = members.first { $0.name == "<<" }?.value.merged ?? []
        return own + others.filter { other in !own.contains { $0.name == other.name } }
    }

    subscript(_ name: String) -> YAMLNode? { merged.first { $0.name == name }?.value }

    var text: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }

    var texts: [String]? {
        if case .sequence(let elements) = content { elements.compactMap(\.text) } else { nil }
    }
}
