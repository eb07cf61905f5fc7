package io.tensorpool.client;

import io.tensorpool.MicroBenchmark;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The elements of a frame's payload read in place, all of them in order, and those of a Java array. The sum of floats is
 * a chain of additions, whatever they are read from; that of 64-bit words can be done by vector instructions.
 */
@State(Scope.Thread)
public class ElementAccessBenchmark extends MicroBenchmark {
    private static final ValueLayout.OfFloat FLOAT32 = ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle ELEMENT_VH = FLOAT32.arrayElementVarHandle().withInvokeExactBehavior();

    /** Length of the payload. */
    @Param({"4096", "655360"})
    private int sizeBytes;

    private BenchmarkStream stream;
    private MemorySegment payload;
    private UnsafeBuffer buffer;
    private FloatBuffer floatBuffer;
    private float[] floats;
    private long[] words;
    private float[] copy;
    private double lastSum;
    private long wordSum;
    private long lastWordSum;

    /** Starts everything in this process, and reads a frame that counts up. */
    @Setup
    public void launch() {
        stream = new BenchmarkStream(sizeBytes);
        floats = new float[sizeBytes / Float.BYTES];
        copy = new float[floats.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = i & 7;
        }
        stream.offer(MemorySegment.ofArray(floats));
        final Frame frame = new Frame();
        require(stream.addReader().read(0, frame), "the frame");
        payload = frame.payload();
        buffer = new UnsafeBuffer(payload.address(), sizeBytes);
        final ByteBuffer view = payload.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        floatBuffer = view.asFloatBuffer();
        words = payload.toArray(WORD);
        lastSum = Double.NaN;
        wordSum = Arrays.stream(words).sum();
        lastWordSum = wordSum;
    }

    /** Fails if a sum was wrong. */
    @TearDown
    public void check() {
        try {
            final double expected = 3.5 * floats.length;
            require(Double.isNaN(lastSum) || lastSum == expected, "sum " + expected + ", found " + lastSum);
            require(lastWordSum == wordSum, "sum " + wordSum + ", found " + lastWordSum);
        } finally {
            stream.close();
        }
    }

    private float result(final float sum) {
        lastSum = sum;
        return sum;
    }

    private long result(final long sum) {
        lastWordSum = sum;
        return sum;
    }

    /** The floats in place, by index. */
    @Benchmark
    public float floatsSegment() {
        float sum = 0;
        for (long i = 0; i < floats.length; i++) {
            sum += payload.getAtIndex(FLOAT32, i);
        }
        return result(sum);
    }

    /** The floats in place, through a handle. */
    @Benchmark
    public float floatsVarHandle() {
        float sum = 0;
        for (long i = 0; i < floats.length; i++) {
            sum += (float) ELEMENT_VH.get(payload, 0L, i);
        }
        return result(sum);
    }

    /** The floats in place, through a buffer of the JDK's over the payload. */
    @Benchmark
    public float floatsByteBuffer() {
        float sum = 0;
        for (int i = 0; i < floats.length; i++) {
            sum += floatBuffer.get(i);
        }
        return result(sum);
    }

    /** The floats copied out, then from the array. */
    @Benchmark
    public float floatsCopied() {
        MemorySegment.copy(payload, FLOAT32, 0, copy, 0, copy.length);
        float sum = 0;
        for (int i = 0; i < copy.length; i++) {
            sum += copy[i];
        }
        return result(sum);
    }

    /** Baseline: the floats of a Java array. */
    @Benchmark
    public float floatsBaselineArray() {
        float sum = 0;
        for (int i = 0; i < floats.length; i++) {
            sum += floats[i];
        }
        return result(sum);
    }

    /** Baseline: the floats of an Agrona buffer over the payload. */
    @Benchmark
    public float floatsBaselineAgrona() {
        float sum = 0;
        for (int i = 0; i < floats.length; i++) {
            sum += buffer.getFloat(i * Float.BYTES);
        }
        return result(sum);
    }

    /** The payload as 64-bit words, in place. */
    @Benchmark
    public long wordsSegment() {
        long sum = 0;
        for (long i = 0; i < words.length; i++) {
            sum += payload.getAtIndex(WORD, i);
        }
        return result(sum);
    }

    /** Baseline: the 64-bit words of a Java array. */
    @Benchmark
    public long wordsBaselineArray() {
        long sum = 0;
        for (int i = 0; i < words.length; i++) {
            sum += words[i];
        }
        return result(sum);
    }
}
