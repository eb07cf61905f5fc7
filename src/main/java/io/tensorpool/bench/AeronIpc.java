package io.tensorpool.bench;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.FragmentAssembler;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.logbuffer.BufferClaim;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.tensorpool.TensorPoolException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The baseline that carries whole payloads over Aeron IPC: a claim in the log where the message fits into one fragment,
 * else an offer that is taken apart and put together again. The channel has the largest fragments that there are, terms
 * that hold eight messages, and memory that was touched before.
 */
final class AeronIpc {
    static final String NAME = "aeron-ipc";

    private static final int MTU_BYTES = 65_504;
    private static final int TERM_MIN_BYTES = 16 << 20;
    private static final int MESSAGES_PER_TERM = 8;
    private static final int FRAGMENTS_MAX = 64;
    private static final long CONNECT_NS = TimeUnit.SECONDS.toNanos(60);

    private AeronIpc() {}

    private static int messageBytes(final RoleOptions options) {
        return Message.PAYLOAD_OFFSET + options.setting().sizeBytes();
    }

    private static String channel(final RoleOptions options) {
        final int least = Math.max(TERM_MIN_BYTES, MESSAGES_PER_TERM * messageBytes(options));
        final int termBytes = Integer.highestOneBit(least - 1) << 1;
        return "aeron:ipc?term-length=" + termBytes + "|mtu=" + MTU_BYTES;
    }

    private static Aeron connect(final RoleOptions options) {
        return Aeron.connect(
                new Aeron.Context().aeronDirectoryName(options.aeronDir()).preTouchMappedMemory(true));
    }

    static void produce(final RoleOptions options, final RoleTalk talk) throws InterruptedException {
        try (Aeron aeron = connect(options);
                ExclusivePublication publication =
                        aeron.addExclusivePublication(channel(options), options.streamId())) {
            final long startNs = System.nanoTime();
            while (!publication.isConnected() && !talk.isStopped()) {
                if (System.nanoTime() - startNs > CONNECT_NS) {
                    throw new TensorPoolException(
                            NAME + ": no consumer came within " + TimeUnit.NANOSECONDS.toSeconds(CONNECT_NS) + " s");
                }
                Thread.onSpinWait();
            }
            talk.ready();
            talk.result(ProducerLoop.run(new Offers(publication, options.setting(), talk), options, talk));
            talk.awaitStop();
        }
    }

    static void consume(final RoleOptions options, final RoleTalk talk) {
        final MessageSink sink = new MessageSink(options.setting());
        final FragmentAssembler assembler = new FragmentAssembler(new Fragments(sink), messageBytes(options), true);
        try (Aeron aeron = connect(options);
                Subscription subscription = aeron.addSubscription(channel(options), options.streamId());
                BaselineAcknowledger acknowledger = new BaselineAcknowledger(options)) {
            talk.ready();
            sink.receive(() -> subscription.poll(assembler, FRAGMENTS_MAX), acknowledger, talk);
            sink.tell(talk);
        }
    }

    /** Publishes messages; waits while the log is full, since a message that is lost cannot be made up for. */
    private static final class Offers implements Sender {
        private final ExclusivePublication publication;
        private final Work work;
        private final int sizeBytes;
        private final boolean isClaimed;
        private final RoleTalk talk;
        private final BufferClaim claim = new BufferClaim();
        private final UnsafeBuffer message;
        private long published;

        Offers(final ExclusivePublication publication, final Setting setting, final RoleTalk talk) {
            this.publication = publication;
            this.work = setting.work();
            this.sizeBytes = setting.sizeBytes();
            this.talk = talk;
            message = new UnsafeBuffer(ByteBuffer.allocateDirect(Message.PAYLOAD_OFFSET + sizeBytes));
            isClaimed = message.capacity() <= publication.maxPayloadLength();
        }

        @Override
        public void send() {
            send(0);
        }

        @Override
        public void send(final long dueNs) {
            if (isClaimed) {
                claim(dueNs);
            } else {
                putHeader(message, 0, dueNs);
                if (work == Work.TOUCHED) {
                    message.setMemory(Message.PAYLOAD_OFFSET, sizeBytes, (byte) published);
                }
                while (isToBeRepeated(publication.offer(message, 0, message.capacity()))) {
                    Thread.onSpinWait();
                }
            }
            published++;
        }

        private void claim(final long dueNs) {
            long result = publication.tryClaim(message.capacity(), claim);
            while (isToBeRepeated(result)) {
                Thread.onSpinWait();
                result = publication.tryClaim(message.capacity(), claim);
            }
            if (result < 0) {
                return; // stopped
            }
            final int offset = claim.offset();
            putHeader(claim.buffer(), offset, dueNs);
            switch (work) {
                case TOUCHED -> claim.buffer().setMemory(offset + Message.PAYLOAD_OFFSET, sizeBytes, (byte) published);
                case COPIED ->
                    claim.buffer()
                            .putBytes(offset + Message.PAYLOAD_OFFSET, message, Message.PAYLOAD_OFFSET, sizeBytes);
                case UNTOUCHED -> {
                    // whatever is there
                }
            }
            claim.commit();
        }

        private void putHeader(final org.agrona.MutableDirectBuffer buffer, final int offset, final long dueNs) {
            buffer.putLong(offset + Message.SEQ_OFFSET, published, ByteOrder.LITTLE_ENDIAN);
            buffer.putLong(offset + Message.DUE_OFFSET, dueNs, ByteOrder.LITTLE_ENDIAN);
        }

        private boolean isToBeRepeated(final long result) {
            if (result == Publication.NOT_CONNECTED || result == Publication.CLOSED) {
                throw new TensorPoolException(NAME + ": the consumer is gone");
            }
            return result < 0 && !talk.isStopped();
        }

        @Override
        public long published() {
            return published;
        }

        @Override
        public long backPressured() {
            return 0;
        }
    }

    /** Looks at Aeron's buffers as segments, so that payloads are read by the same code as everywhere. */
    private static final class Fragments implements FragmentHandler {
        private final MessageSink sink;
        private @Nullable ByteBuffer memoryOf;
        private MemorySegment memory = MemorySegment.NULL;

        Fragments(final MessageSink sink) {
            this.sink = sink;
        }

        @Override
        @SuppressWarnings("ReferenceEquality") // equal contents are not the same memory
        public void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header header) {
            final ByteBuffer bytes = buffer.byteBuffer();
            if (bytes != memoryOf) {
                memoryOf = bytes;
                memory = MemorySegment.ofBuffer(bytes.duplicate().clear());
            }
            sink.onMessage(memory, (long) buffer.wrapAdjustment() + offset);
        }
    }
}
