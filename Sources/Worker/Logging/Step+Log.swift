import Messages
import Scheduling

extension JSONMember {
    /// The trace a request belongs to, for its log lines; nothing where it has none.
    static func trace(_ headers: [MessageHeader]) -> [JSONMember] {
        TraceParent.traceID(in: headers).map { [JSONMember("trace_id", .string($0))] } ?? []
    }
}

extension Step? {
    /// What a log line about this step names it by.
    var logMembers: [JSONMember] {
        guard let step = self else { return [JSONMember("request_id", .null)] }
        return [JSONMember("request_id", .string(step.request.requestID))] + JSONMember.trace(step.headers)
    }
}
