package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.aeron.logbuffer.BufferClaim;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.protocol.DataHeaderFlyweight;
import io.tensorpool.ConsumerMode;
import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.Role;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.DriverRequestAdapter;
import io.tensorpool.protocol.DriverRequestListener;
import io.tensorpool.protocol.DriverRequestProxy;
import io.tensorpool.protocol.MessageSink;
import io.tensorpool.protocol.QosAdapter;
import io.tensorpool.protocol.QosListener;
import io.tensorpool.protocol.QosProxy;
import io.tensorpool.support.ManualClock;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reports and keepalives cost no garbage: sent, received, remembered and looked after for silence, in one thread. */
@Timeout(60)
class ReportsAllocationTest {
    private static final int WARM_UP = 200_000;
    private static final int REPORTS = 20_000;
    private static final int ROUNDS = 10;
    private static final int REPORTERS = 20;
    private static final long INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);

    private static final EpochRegions REGIONS =
            new EpochRegions(10_000, 1, 1, 8, "a", List.of(new PoolRegion(1, 8, 64, "b")));
    private static final Attachment.Owner NOBODY = new Attachment.Owner() {
        @Override
        public void onLeaseGranted(final EpochRegions regions) {}

        @Override
        public void onLeaseLost(final String cause) {
            throw new AssertionError(cause);
        }

        @Override
        public void onAttachFailed(final TensorPoolException cause) {
            throw cause;
        }

        @Override
        public void onStateChanged(final AttachmentState from) {}
    };

    /** A message is read when it is committed, out of the same memory each time. */
    private static final class OneMessage implements MessageSink {
        private static final int HEADER = DataHeaderFlyweight.HEADER_LENGTH;
        private final UnsafeBuffer frame = new UnsafeBuffer(new byte[256]);
        private int length;

        @Override
        public long tryClaim(final int messageLength, final BufferClaim claim) {
            length = messageLength;
            claim.wrap(frame, 0, HEADER + messageLength);
            return 1;
        }

        @Override
        public long offer(final DirectBuffer buffer, final int offset, final int messageLength) {
            throw new AssertionError("its length is fixed");
        }

        void read(final FragmentHandler handler) {
            handler.onFragment(frame, HEADER, length, null);
        }
    }

    private final OneMessage message = new OneMessage();
    private final ManualClock clock = new ManualClock(0);

    private void assertAllocatesNothing(final LongConsumer work) {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long i = 0;
        for (final long end = i + WARM_UP; i < end; i++) {
            work.accept(i);
        }
        final long[] allocated = new long[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            final long before = threads.getCurrentThreadAllocatedBytes();
            for (final long end = i + REPORTS; i < end; i++) {
                work.accept(i);
            }
            allocated[round] = threads.getCurrentThreadAllocatedBytes() - before;
        }
        // Code that is compiled anew while it runs may make objects in passing; the steady state comes after that.
        assertThat(allocated).as("bytes for %d messages each", REPORTS).endsWith(0, 0, 0);
    }

    @Test
    void shouldAllocateNothingPerReport() {
        final QosProxy proxy = new QosProxy(message);
        final QosMonitor monitor = new QosMonitor(clock, INTERVAL_NS, QosMonitor.CAPACITY);
        final QosAdapter adapter = new QosAdapter(new QosListener() {
            @Override
            public void onQosConsumer(
                    final int streamId,
                    final int consumerId,
                    final long epoch,
                    final long lastSeqSeen,
                    final long dropsGap,
                    final long dropsLate,
                    final ConsumerMode mode) {
                monitor.onQosConsumer(streamId, consumerId, epoch, lastSeqSeen, dropsGap, dropsLate, mode);
            }

            @Override
            public void onQosProducer(
                    final int streamId,
                    final int producerId,
                    final long epoch,
                    final long currentSeq,
                    final int watermark) {
                monitor.onQosProducer(streamId, producerId, epoch, currentSeq, watermark);
            }
        });

        assertAllocatesNothing(i -> {
            final int reporter = (int) (i % REPORTERS);
            proxy.qosConsumer(10_000, reporter, 1, i, i / 7, i / 9, ConsumerMode.STREAM);
            message.read(adapter);
            proxy.qosProducer(10_000, reporter, 1, i, QosListener.NO_WATERMARK);
            message.read(adapter);
            monitor.doWork(clock.advance(INTERVAL_NS / REPORTERS).nanoTime());
        });

        assertThat(monitor.consumers()).hasSize(REPORTERS).allMatch(report -> report.framesPerSecond() > 0);
        assertThat(monitor.producers()).hasSize(REPORTERS);
    }

    @Test
    void shouldAllocateNothingPerKeepaliveOfALeaseByHand() {
        final DriverAttachment attachment = new DriverAttachment(
                new DriverRequestProxy(message),
                AttachOptions.of(10_000, Role.CONSUMER),
                clock,
                new DriverClient.Timing(INTERVAL_NS, INTERVAL_NS),
                1,
                2,
                3);
        attachment.doWork(clock.nanoTime());
        attachment.onAttached(4, clock.nanoTime() + 3 * INTERVAL_NS, 5, REGIONS);
        final CountedKeepalives counted = new CountedKeepalives();

        assertAllocatesNothing(i -> {
            attachment.doWork(clock.advance(INTERVAL_NS).nanoTime());
            message.read(counted.adapter);
        });

        assertThat(counted.keepalives).isEqualTo(WARM_UP + ROUNDS * REPORTS);
    }

    @Test
    void shouldAllocateNothingPerKeepaliveOfAnAttachment() {
        final ClientContext context = new ClientContext().nanoClock(clock).announcePeriodNs(Long.MAX_VALUE / 8);
        final AttachmentStatus status = new AttachmentStatus();
        final Attachment attachment = new Attachment(
                context,
                new DriverRequestProxy(message),
                new ClientIds(1, new Random(1)),
                10_000,
                Role.CONSUMER,
                NOBODY,
                status);
        attachment.doWork(clock.nanoTime());
        attachment.onAttached(status.correlationId(), 4, clock.nanoTime() + 10 * INTERVAL_NS, 5, REGIONS);
        final CountedKeepalives counted = new CountedKeepalives();

        assertAllocatesNothing(i -> {
            attachment.doWork(clock.advance(INTERVAL_NS).nanoTime());
            message.read(counted.adapter);
        });

        assertThat(counted.keepalives).isEqualTo(WARM_UP + ROUNDS * REPORTS);
    }

    private static final class CountedKeepalives implements DriverRequestListener {
        private final DriverRequestAdapter adapter = new DriverRequestAdapter(this);
        private int keepalives;

        @Override
        public void onKeepalive(
                final long leaseId,
                final int streamId,
                final int clientId,
                final int roleCode,
                final long clientTimestampNs) {
            keepalives++;
        }

        @Override
        public void onAttachRequest(
                final long correlationId,
                final int streamId,
                final int clientId,
                final int roleCode,
                final int expectedLayoutVersion,
                final int publishModeCode,
                final int hugepagesCode,
                final int desiredNodeId) {
            throw new AssertionError("attach");
        }

        @Override
        public void onDetachRequest(
                final long correlationId,
                final long leaseId,
                final int streamId,
                final int clientId,
                final int roleCode) {
            throw new AssertionError("detach");
        }

        @Override
        public void onShutdownRequest(final long correlationId, final int reasonCode, final String token) {
            throw new AssertionError("shutdown");
        }

        @Override
        public void onUnreadableAttachRequest(final long correlationId, final boolean newerVersion) {
            throw new AssertionError("unreadable");
        }

        @Override
        public void onUnreadableDetachRequest(final long correlationId, final boolean newerVersion) {
            throw new AssertionError("unreadable");
        }

        @Override
        public void onUnreadableMessage(final boolean newerVersion) {
            throw new AssertionError("unreadable");
        }
    }
}
