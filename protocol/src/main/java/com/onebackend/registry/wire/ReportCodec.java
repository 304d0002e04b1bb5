package com.onebackend.registry.wire;

import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.model.Gpu;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.NodeReport;
import com.onebackend.registry.model.NodeUsage;
import com.onebackend.registry.wire.v1.AuthoredReportMsg;
import com.onebackend.registry.wire.v1.GpuMsg;
import com.onebackend.registry.wire.v1.ReportMsg;
import com.onebackend.registry.wire.v1.ReportsMsg;
import com.onebackend.registry.wire.v1.ResourceMsg;

/** Node reports between record and protobuf message. */
final class ReportCodec {
    private ReportCodec() {}

    static ReportMsg toMessage(final NodeReport report) {
        final ReportMsg.Builder message = ReportMsg.newBuilder()
                .setSequence(report.sequence())
                .setSampledMillis(report.sampledMillis())
                .setCpu(toMessage(report.usage().cpu()))
                .setMemory(toMessage(report.usage().memory()))
                .setDisk(toMessage(report.usage().disk()));
        report.gpus().forEach(gpu -> message.addGpus(toMessage(gpu)));
        return message.build();
    }

    static NodeReport fromMessage(final MemberId from, final ReportMsg message) {
        WireChecks.require(message.getGpusCount() <= WireLimits.GPUS_MAX, "too many GPUs");
        WireChecks.require(message.getSequence() >= 0 && message.getSampledMillis() >= 0, "report is negative");
        return new NodeReport(
                from,
                message.getSequence(),
                message.getSampledMillis(),
                new NodeUsage(
                        fromMessage(message.getCpu()),
                        fromMessage(message.getMemory()),
                        fromMessage(message.getDisk())),
                message.getGpusList().stream().map(ReportCodec::fromMessage).toList());
    }

    static ReportsMsg toMessage(final GossipMessage.ReportBatch batch) {
        final ReportsMsg.Builder message = ReportsMsg.newBuilder();
        batch.reports()
                .forEach(report -> message.addReports(AuthoredReportMsg.newBuilder()
                        .setFrom(SwimCodec.toMessage(report.from()))
                        .setReport(toMessage(report))));
        return message.build();
    }

    static GossipMessage.ReportBatch fromMessage(final MemberId from, final ReportsMsg message) {
        WireChecks.require(message.getReportsCount() <= WireLimits.REPORTS_MAX, "too many reports");
        return new GossipMessage.ReportBatch(
                from,
                message.getReportsList().stream()
                        .map(one -> fromMessage(SwimCodec.fromMessage(one.getFrom()), one.getReport()))
                        .toList());
    }

    private static ResourceMsg toMessage(final NodeUsage.Resource resource) {
        final ResourceMsg.Builder message =
                ResourceMsg.newBuilder().setUsed(resource.used()).setTotal(resource.total());
        if (!resource.equals(NodeUsage.Resource.of(resource.used(), resource.total()))) {
            message.setPercent(resource.percent());
        }
        return message.build();
    }

    private static NodeUsage.Resource fromMessage(final ResourceMsg message) {
        WireChecks.require(message.getPercent() >= 0 && message.getPercent() <= 100, "percentage out of range");
        return message.hasPercent()
                ? new NodeUsage.Resource(message.getUsed(), message.getTotal(), message.getPercent())
                : NodeUsage.Resource.of(message.getUsed(), message.getTotal());
    }

    private static GpuMsg toMessage(final Gpu gpu) {
        return GpuMsg.newBuilder()
                .setIndex(gpu.index())
                .setName(gpu.name())
                .setBusId(gpu.busId())
                .setTemperature(gpu.temperature())
                .setPerformanceState(gpu.performanceState())
                .setPowerUsage(gpu.powerUsage())
                .setPowerCap(gpu.powerCap())
                .setMemoryUsage(gpu.memoryUsage())
                .setMemoryTotal(gpu.memoryTotal())
                .setUtilization(gpu.utilization())
                .setComputeMode(gpu.computeMode())
                .setCudaVersion(gpu.cudaVersion())
                .build();
    }

    private static Gpu fromMessage(final GpuMsg message) {
        WireChecks.texts(
                message.getName(),
                message.getBusId(),
                message.getPerformanceState(),
                message.getComputeMode(),
                message.getCudaVersion());
        return new Gpu(
                message.getIndex(),
                message.getName(),
                message.getBusId(),
                message.getTemperature(),
                message.getPerformanceState(),
                message.getPowerUsage(),
                message.getPowerCap(),
                message.getMemoryUsage(),
                message.getMemoryTotal(),
                message.getUtilization(),
                message.getComputeMode(),
                message.getCudaVersion());
    }
}
