/// The top-level members of a request that this code knows.
enum RequestMember: UInt8, CaseIterable {
    case requestID, strategy, schemaVersion, type, limits, locks, labels, expiresAt, submittedAt
    // Sections: what only the host that runs the step reads.
    case data, account, statistics, output, optimizationID, parameters, parameterConstraints, objective, constraints
    case search, outOfSample, step, walkForwardWindow

    var isSection: Bool { rawValue >= RequestMember.data.rawValue }

    var name: String {
        switch self {
        case .requestID: "request_id"
        case .strategy: "strategy"
        case .schemaVersion: "schema_version"
        case .type: "type"
        case .limits: "limits"
        case .locks: "locks"
        case .labels: "labels"
        case .expiresAt: "expires_at"
        case .submittedAt: "submitted_at"
        case .data: "data"
        case .account: "account"
        case .statistics: "statistics"
        case .output: "output"
        case .optimizationID: "optimization_id"
        case .parameters: "parameters"
        case .parameterConstraints: "parameter_constraints"
        case .objective: "objective"
        case .constraints: "constraints"
        case .search: "search"
        case .outOfSample: "out_of_sample"
        case .step: "step"
        case .walkForwardWindow: "walk_forward_window"
        }
    }

    static let names = allCases.map(\.name)

    /// By the bytes of their names, since every member of every request is looked up here.
    private static let byLength: [[(member: RequestMember, name: [UInt8])]] = {
        let all = allCases.map { (member: $0, name: Array($0.name.utf8)) }
        return (0...(all.map(\.name.count).max() ?? 0)).map { length in all.filter { $0.name.count == length } }
    }()

    /// The member of that name; nil where it is none of these.
    static func named(_ key: JSONReader.Key, in reader: JSONReader) -> RequestMember? {
        guard !key.hasEscapes else {
            let name = reader.text(of: key)
            return allCases.first { $0.name == name }
        }
        guard key.content.count < byLength.count else { return nil }
        for candidate in byLength[key.content.count] where reader.isSame(key, candidate.name) {
            return candidate.member
        }
        return nil
    }
}
