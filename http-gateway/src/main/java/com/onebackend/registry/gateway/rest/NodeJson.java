package com.onebackend.registry.gateway.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import com.onebackend.registry.api.ClusterStatus;
import com.onebackend.registry.api.NodeView;
import com.onebackend.registry.model.Gpu;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.NodeUsage;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** Nodes and the cluster on the wire. */
final class NodeJson {
    private NodeJson() {}

    /** <code>{"nodes": [...], "states": {id: state}, "hosts": {id: {...}}}</code>. */
    static byte[] list(final List<NodeView> nodes) {
        return Json.bytes(out -> {
            out.writeStartObject();
            out.writeArrayFieldStart("nodes");
            for (final NodeView node : nodes) {
                write(out, node);
            }
            out.writeEndArray();
            out.writeObjectFieldStart("states");
            for (final NodeView node : nodes) {
                out.writeStringField(node.record().id(), label(node.state()));
            }
            out.writeEndObject();
            out.writeObjectFieldStart("hosts");
            for (final NodeView node : nodes) {
                writeHost(out, node.record());
            }
            out.writeEndObject();
            out.writeEndObject();
        });
    }

    /** <code>{"node": {...}}</code>. */
    static byte[] full(final NodeView node) {
        return Json.bytes(out -> {
            out.writeStartObject();
            out.writeFieldName("node");
            write(out, node);
            out.writeEndObject();
        });
    }

    /** What anybody may know of this node. */
    static byte[] minimal(final NodeView node) {
        return Json.bytes(out -> {
            out.writeStartObject();
            out.writeObjectFieldStart("node");
            out.writeStringField("id", node.record().id());
            out.writeStringField("url", node.record().url());
            out.writeArrayFieldStart("gpus");
            out.writeEndArray();
            out.writeEndObject();
            out.writeEndObject();
        });
    }

    /**
     * The cluster as this node sees it.
     *
     * @param catalog null for who may not see nodes: what anybody may know
     */
    static byte[] cluster(final ClusterStatus status, final ClusterStatus.Catalog catalog) {
        return Json.bytes(out -> {
            out.writeStartObject();
            out.writeStringField("clusterId", status.clusterId());
            out.writeStringField("nodeId", status.nodeId());
            out.writeStringField("url", status.url());
            out.writeNumberField("gossipPort", status.gossipPort());
            out.writeNumberField("raftPort", status.raftPort());
            out.writeBooleanField("ready", status.ready());
            if (catalog != null) {
                out.writeStringField("reason", status.reason());
                Json.texts(out, "warnings", status.warnings());
                out.writeStringField("leader", status.leader());
                out.writeNumberField("appliedIndex", status.appliedIndex());
                Json.texts(out, "voters", status.voters());
                writeMembers(out, status.members());
                CatalogJson.write(out, catalog);
            }
            out.writeEndObject();
        });
    }

    private static void writeMembers(final JsonGenerator out, final List<Member> members) throws IOException {
        out.writeArrayFieldStart("members");
        for (final Member member : members) {
            out.writeStartObject();
            out.writeStringField("id", member.id().nodeId());
            out.writeStringField("url", member.url());
            out.writeStringField("state", label(member.state()));
            out.writeNumberField("incarnation", member.incarnation().value());
            out.writeEndObject();
        }
        out.writeEndArray();
    }

    private static void writeHost(final JsonGenerator out, final NodeRecord node) throws IOException {
        out.writeObjectFieldStart(node.id());
        Json.text(out, "hostname", node.host().hostname());
        Json.text(out, "os", node.host().os());
        Json.text(out, "arch", node.host().arch());
        out.writeNumberField("cores", node.host().cores());
        out.writeEndObject();
    }

    private static void write(final JsonGenerator out, final NodeView node) throws IOException {
        final NodeRecord nodeRecord = node.record();
        out.writeStartObject();
        out.writeStringField("id", nodeRecord.id());
        out.writeStringField("url", nodeRecord.url());
        Json.text(out, "region", nodeRecord.region());
        Json.text(out, "availabilityZone", nodeRecord.availabilityZone());
        if (node.report() != null) {
            out.writeStringField("lastHeartbeat", Json.time(node.report().sampledMillis()));
        }
        final NodeUsage usage =
                node.report() == null ? NodeUsage.NONE : node.report().usage();
        out.writeObjectFieldStart("usage");
        resource(out, "cpu", usage.cpu());
        resource(out, "memory", usage.memory());
        resource(out, "disk", usage.disk());
        out.writeEndObject();
        out.writeArrayFieldStart("gpus");
        if (node.report() != null) {
            for (final Gpu gpu : node.report().gpus()) {
                write(out, nodeRecord.url(), gpu);
            }
        }
        out.writeEndArray();
        out.writeEndObject();
    }

    private static void resource(final JsonGenerator out, final String name, final NodeUsage.Resource resource)
            throws IOException {
        out.writeObjectFieldStart(name);
        out.writeNumberField("used", resource.used());
        out.writeNumberField("total", resource.total());
        number(out, "percent", resource.percent());
        out.writeEndObject();
    }

    private static void write(final JsonGenerator out, final String nodeUrl, final Gpu gpu) throws IOException {
        out.writeStartObject();
        out.writeStringField("id", nodeUrl + ":" + gpu.index());
        out.writeNumberField("intraNodeId", gpu.index());
        out.writeStringField("name", gpu.name());
        out.writeStringField("busId", gpu.busId());
        number(out, "temperature", gpu.temperature());
        out.writeStringField("performanceState", gpu.performanceState());
        number(out, "powerUsage", gpu.powerUsage());
        number(out, "powerCap", gpu.powerCap());
        out.writeNumberField("memoryUsage", gpu.memoryUsage());
        out.writeNumberField("memoryTotal", gpu.memoryTotal());
        number(out, "gpuUtilization", gpu.utilization());
        out.writeStringField("computeMode", gpu.computeMode());
        Json.text(out, "cudaVersion", gpu.cudaVersion());
        out.writeEndObject();
    }

    /** Two decimals are plenty; what is not a number would not be JSON. */
    private static void number(final JsonGenerator out, final String name, final double value) throws IOException {
        out.writeNumberField(name, Double.isFinite(value) ? Math.round(value * 100) / 100.0 : 0);
    }

    private static String label(final Enum<?> state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
