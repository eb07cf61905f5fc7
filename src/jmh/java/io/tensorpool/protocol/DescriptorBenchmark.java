package io.tensorpool.protocol;

import io.aeron.logbuffer.BufferClaim;
import io.tensorpool.AeronIpc;
import io.tensorpool.MicroBenchmark;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A frame's message: encoded, published, and decoded. Batches are published into room that was waited for before; nobody
 * reads them. The difference between term lengths is the cost of going into the next term, which happens once per 682,
 * 2,730 or 43,690 messages.
 */
public class DescriptorBenchmark extends MicroBenchmark {
    private static final int BATCH = 64;
    private static final int FRAME_BYTES = 96;
    private static final int STREAM_ID = 10_000;
    private static final long EPOCH = 77;

    /** A publication. */
    @State(Scope.Thread)
    public static class Stream {
        /** Length of the log's terms. */
        @Param({"65536", "262144", "4194304"})
        private int termLength;

        private final BufferClaim claim = new BufferClaim();
        private final UnsafeBuffer message =
                new UnsafeBuffer(ByteBuffer.allocateDirect(DescriptorProxy.MESSAGE_LENGTH));
        private AeronIpc ipc;
        private MessageSink sink;
        private DescriptorProxy proxy;
        private long seq;
        private long refused;

        /** Starts a media driver. */
        @Setup
        public void launch() {
            ipc = new AeronIpc(termLength);
            sink = new PublicationSink(ipc.publication());
            proxy = new DescriptorProxy(sink);
        }

        /** Waits until a batch fits. */
        @Setup(Level.Invocation)
        public void awaitRoom() {
            ipc.awaitRoom(2L * BATCH * FRAME_BYTES);
        }

        /** Fails if messages were not published. */
        @TearDown
        public void check() {
            try {
                final long bytes = ipc.publication().position();
                require(refused == 0 && bytes >= seq * FRAME_BYTES, seq + " messages, found " + bytes + " bytes");
            } finally {
                ipc.close();
            }
        }

        private void count(final long position) {
            seq++;
            if (position <= 0) {
                refused++;
            }
        }
    }

    /** A message in memory. */
    @State(Scope.Thread)
    public static class Memory {
        private final UnsafeBuffer target = new UnsafeBuffer(ByteBuffer.allocateDirect(DescriptorProxy.MESSAGE_LENGTH));
        private final OneMessage sink = new OneMessage(DescriptorProxy.MESSAGE_LENGTH);
        private final DescriptorProxy proxy = new DescriptorProxy(sink);
        private final DescriptorAdapter adapter = new DescriptorAdapter(this::onDescriptor);
        private long seq;
        private long heardSeq;
        private long heard;
        private long asked;

        /** Encodes one. */
        @Setup
        public void encode() {
            encodeNext();
        }

        /** Fails if what was decoded last is not what was encoded last. */
        @TearDown
        public void check() {
            require(heard == asked, asked + " descriptors, heard " + heard);
            sink.deliver(adapter);
            require(heardSeq == seq - 1, "sequence number " + (seq - 1) + ", found " + heardSeq);
        }

        private long encodeNext() {
            return proxy.frame(STREAM_ID, EPOCH, seq++, DescriptorProxy.NULL_TIMESTAMP, 1, 0);
        }

        private void onDescriptor(
                final int streamId,
                final long epoch,
                final long ofSeq,
                final long timestampNs,
                final int metaVersion,
                final long traceId) {
            if (streamId == STREAM_ID && epoch == EPOCH) {
                heard++;
                heardSeq = ofSeq;
            }
        }
    }

    /** Encoded into a claim of the publication. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void publish(final Stream stream) {
        for (int i = 0; i < BATCH; i++) {
            stream.count(stream.proxy.frame(STREAM_ID, EPOCH, stream.seq, DescriptorProxy.NULL_TIMESTAMP, 1, 0));
        }
    }

    /** Baseline: a claim of the same length, with one number written. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void publishBaselineClaim(final Stream stream) {
        for (int i = 0; i < BATCH; i++) {
            final long position = stream.sink.tryClaim(DescriptorProxy.MESSAGE_LENGTH, stream.claim);
            if (position > 0) {
                stream.claim.buffer().putLong(stream.claim.offset(), stream.seq);
                stream.claim.commit();
            }
            stream.count(position);
        }
    }

    /** Baseline: an offer of the same length. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void publishBaselineOffer(final Stream stream) {
        for (int i = 0; i < BATCH; i++) {
            stream.count(stream.sink.offer(stream.message, 0, DescriptorProxy.MESSAGE_LENGTH));
        }
    }

    /** Encoded into memory. */
    @Benchmark
    public long encode(final Memory memory) {
        return memory.encodeNext();
    }

    /** Baseline: as many bytes written into an Agrona buffer. */
    @Benchmark
    public UnsafeBuffer encodeBaselineAgrona(final Memory memory) {
        for (int offset = 0; offset < DescriptorProxy.MESSAGE_LENGTH; offset += Long.BYTES) {
            memory.target.putLong(offset, EPOCH);
        }
        return memory.target;
    }

    /** Decoded from memory. */
    @Benchmark
    public long decode(final Memory memory) {
        memory.asked++;
        memory.sink.deliver(memory.adapter);
        return memory.heard;
    }
}
