package com.onebackend.registry.node.resources;

import com.onebackend.registry.model.Gpu;
import com.onebackend.registry.wire.WireLimits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks NVIDIA's own tool for the GPUs. Where the tool is absent or fails there are none, and it is left alone for
 * {@link #RETRY_NANOS}.
 *
 * <p><i>Thread:</i> confined; a call blocks for {@link #RUN_MILLIS_MAX} at most.
 */
final class NvidiaSmi {
    static final long RUN_MILLIS_MAX = 3_000;
    static final long RETRY_NANOS = TimeUnit.MINUTES.toNanos(10);
    static final int OUTPUT_BYTES_MAX = 64 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(NvidiaSmi.class);
    private static final long POLL_MILLIS = 10;
    private static final String COLUMNS = "index,name,pci.bus_id,temperature.gpu,pstate,power.draw,power.limit,"
            + "memory.used,memory.total,utilization.gpu,compute_mode";
    private static final int COLUMN_COUNT = 11;
    private static final Pattern CUDA = Pattern.compile("CUDA Version:\\s*([0-9.]+)");

    private final String binary;
    private final LongSupplier nanoTime;
    private String cudaVersion;
    private boolean isResting;
    private long restsSinceNanos;

    NvidiaSmi() {
        this("nvidia-smi", System::nanoTime);
    }

    NvidiaSmi(final String binary, final LongSupplier nanoTime) {
        this.binary = binary;
        this.nanoTime = nanoTime;
    }

    /** The GPUs as they are now. */
    List<Gpu> gpus() {
        final long now = nanoTime.getAsLong();
        if (isResting && now - restsSinceNanos < RETRY_NANOS) {
            return List.of();
        }
        isResting = false;
        try {
            final String table = run("--query-gpu=" + COLUMNS, "--format=csv,noheader,nounits");
            if (cudaVersion == null) {
                cudaVersion = parseCudaVersion(run());
            }
            return parse(table, cudaVersion);
        } catch (final IOException e) {
            // Usually there is simply no such tool: not worth more than a line now and then.
            LOG.debug("no GPUs: {}", e.toString());
            isResting = true;
            restsSinceNanos = now;
            return List.of();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    private String run(final String... arguments) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(List.of(arguments));
        command.add(0, binary);
        final ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("LC_ALL", "C");
        final Process process = builder.start();
        try {
            process.getOutputStream().close();
            final String output = output(process);
            if (process.exitValue() != 0) {
                throw new IOException(binary + " ended with status " + process.exitValue());
            }
            return output;
        } finally {
            process.destroyForcibly();
        }
    }

    /** Reads without blocking, so that a tool that hangs, or never stops to write, is left after the time is up. */
    private String output(final Process process) throws IOException, InterruptedException {
        final long begin = System.nanoTime();
        final InputStream in = process.getInputStream();
        final ByteArrayOutputStream output = new ByteArrayOutputStream();
        while (true) {
            final boolean isEnded = process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS);
            for (int ready = in.available(); ready > 0; ready = in.available()) {
                output.write(in.readNBytes(Math.min(ready, OUTPUT_BYTES_MAX)));
                if (output.size() > OUTPUT_BYTES_MAX) {
                    throw new IOException(binary + " writes more than " + OUTPUT_BYTES_MAX + " bytes");
                }
            }
            if (isEnded) {
                return output.toString(StandardCharsets.UTF_8);
            }
            if (System.nanoTime() - begin > TimeUnit.MILLISECONDS.toNanos(RUN_MILLIS_MAX)) {
                throw new IOException(binary + " did not end within " + RUN_MILLIS_MAX + " ms");
            }
        }
    }

    /** The GPUs of one run; a line that is not understood is left out, a value that is not offered is 0 or empty. */
    static List<Gpu> parse(final String table, final String cudaVersion) {
        final List<Gpu> gpus = new ArrayList<>();
        for (final String line : table.split("\n", -1)) {
            final String[] columns = line.strip().split("\\s*,\\s*", -1);
            if (columns.length == COLUMN_COUNT && gpus.size() < WireLimits.GPUS_MAX) {
                gpus.add(new Gpu(
                        (int) number(columns[0]),
                        text(columns[1]),
                        text(columns[2]),
                        number(columns[3]),
                        text(columns[4]),
                        number(columns[5]),
                        number(columns[6]),
                        (int) number(columns[7]),
                        (int) number(columns[8]),
                        Math.min(100, number(columns[9])),
                        text(columns[10]),
                        cudaVersion));
            }
        }
        return List.copyOf(gpus);
    }

    /** The version in the heading of a run without arguments; empty when there is none. */
    static String parseCudaVersion(final String output) {
        final Matcher matcher = CUDA.matcher(output);
        return matcher.find() ? matcher.group(1) : "";
    }

    /** "[N/A]", "[Not Supported]", "[Unknown Error]" and their like mean that there is no value. */
    private static String text(final String column) {
        return column.startsWith("[") || column.equals("N/A") ? "" : column;
    }

    private static double number(final String column) {
        try {
            final double value = Double.parseDouble(column);
            return Double.isFinite(value) ? Math.max(0, value) : 0;
        } catch (final NumberFormatException e) {
            return 0;
        }
    }
}
