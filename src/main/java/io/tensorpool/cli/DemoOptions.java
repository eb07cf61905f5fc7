package io.tensorpool.cli;

import io.tensorpool.ConfigurationException;
import io.tensorpool.PoolSpec;
import io.tensorpool.StreamProfile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** What a demo publishes; the same options make the same source in each of its processes. */
final class DemoOptions {
    static final int STREAM_ID = 10_000;

    private static final int NSLOTS_MIN = 16;
    private static final int NSLOTS_MAX = 256;
    private static final long POOL_BUDGET_BYTES = 512L << 20;
    private static final int STRIDE_MULTIPLE = 64;
    private static final int SMALL_STRIDE_BYTES = 64 * 1024;
    private static final String SHAPE_DEFAULT = "480x640";
    private static final String DTYPE_DEFAULT = "uint16";

    @Option(names = "--frames", paramLabel = "N", description = "frames to publish (default: ${DEFAULT-VALUE})")
    long frames = 500;

    @Option(
            names = "--rate",
            paramLabel = "HZ",
            description = "frames per second, 0 for as many as possible (default: ${DEFAULT-VALUE})")
    double rateHz = 100;

    @Option(
            names = "--shape",
            paramLabel = "HxW[xC]",
            description = "shape of the test picture (default: " + SHAPE_DEFAULT + ")")
    String shape = "";

    @Option(
            names = "--dtype",
            paramLabel = "T",
            description = "element type of the test picture (default: " + DTYPE_DEFAULT + ")")
    String dtype = "";

    @Option(
            names = "--input",
            arity = "1..*",
            paramLabel = "FILE",
            description = "PNG, JPEG or NPY files to publish in turn, in place of the test picture")
    List<Path> inputs = new ArrayList<>();

    DemoOptions() {}

    /** Checks the numbers, and makes the source. */
    FrameSource source() {
        if (frames < 1) {
            throw new ConfigurationException("--frames " + frames + ": expected at least 1");
        }
        if (!(rateHz >= 0) || Double.isInfinite(rateHz)) {
            throw new ConfigurationException("--rate " + rateHz + ": expected 0 or more frames per second");
        }
        if (inputs.isEmpty()) {
            return new TestPicture(ShapeOption.parse(
                    shape.isEmpty() ? SHAPE_DEFAULT : shape, dtype.isEmpty() ? DTYPE_DEFAULT : dtype));
        }
        if (!shape.isEmpty() || !dtype.isEmpty()) {
            throw new ConfigurationException(
                    "--shape and --dtype describe the test picture; with --input the files do");
        }
        return FileFrames.load(inputs, Runtime.getRuntime().maxMemory() / 2);
    }

    /** Pools that the longest frame fits into, with as many slots as half a GiB allows. */
    static StreamProfile profile(final FrameSource source) {
        final long longestBytes = Math.max(source.longestBytes(), 1);
        final long strideBytes = (longestBytes + STRIDE_MULTIPLE - 1) / STRIDE_MULTIPLE * STRIDE_MULTIPLE;
        int nslots = NSLOTS_MIN;
        while (nslots < NSLOTS_MAX && 2L * nslots * strideBytes <= POOL_BUDGET_BYTES) {
            nslots *= 2;
        }
        final List<PoolSpec> pools = new ArrayList<>();
        if (strideBytes > SMALL_STRIDE_BYTES) {
            pools.add(new PoolSpec(1, SMALL_STRIDE_BYTES));
        }
        pools.add(new PoolSpec(2, strideBytes));
        return new StreamProfile("demo", nslots, pools);
    }

    /** The same options for a child process. */
    List<String> arguments() {
        final List<String> arguments =
                new ArrayList<>(List.of("--frames", Long.toString(frames), "--rate", Double.toString(rateHz)));
        if (!shape.isEmpty()) {
            arguments.addAll(List.of("--shape", shape));
        }
        if (!dtype.isEmpty()) {
            arguments.addAll(List.of("--dtype", dtype));
        }
        for (final Path input : inputs) {
            arguments.addAll(List.of("--input", input.toString()));
        }
        return arguments;
    }
}
