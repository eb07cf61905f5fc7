package io.tensorpool.protocol;

import io.aeron.logbuffer.BufferClaim;
import io.tensorpool.ConsumerMode;
import io.tensorpool.codec.wire.MessageHeaderEncoder;
import io.tensorpool.codec.wire.QosConsumerEncoder;
import io.tensorpool.codec.wire.QosProducerEncoder;

/** Reports how a stream fares (wire specification 10.4). One thread. */
public final class QosProxy {
    private final MessageSink sink;
    private final BufferClaim claim = new BufferClaim();
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final QosConsumerEncoder qosConsumer = new QosConsumerEncoder();
    private final QosProducerEncoder qosProducer = new QosProducerEncoder();

    /**
     * A proxy.
     *
     * @param sink the QoS stream.
     */
    public QosProxy(final MessageSink sink) {
        this.sink = sink;
    }

    /**
     * Reports a consumer.
     *
     * @param streamId    it reads.
     * @param consumerId  its own id.
     * @param epoch       it has mapped.
     * @param lastSeqSeen sequence number of the newest descriptor seen in that epoch; 0 before the first.
     * @param dropsGap    sequence numbers, so far, whose descriptor never came.
     * @param dropsLate   frames, so far, overwritten or still being written when read.
     * @param mode        in force.
     * @return a position, or Aeron's negative code.
     */
    public long qosConsumer(
            final int streamId,
            final int consumerId,
            final long epoch,
            final long lastSeqSeen,
            final long dropsGap,
            final long dropsLate,
            final ConsumerMode mode) {
        final long result = Encoding.claim(sink, QosConsumerEncoder.BLOCK_LENGTH, claim);
        if (result > 0) {
            qosConsumer
                    .wrapAndApplyHeader(claim.buffer(), claim.offset(), header)
                    .streamId(Integer.toUnsignedLong(streamId))
                    .consumerId(Integer.toUnsignedLong(consumerId))
                    .epoch(epoch)
                    .lastSeqSeen(lastSeqSeen)
                    .dropsGap(dropsGap)
                    .dropsLate(dropsLate)
                    .mode(Encoding.mode(mode));
            claim.commit();
        }
        return result;
    }

    /**
     * Reports a producer.
     *
     * @param streamId   it writes.
     * @param producerId its client id.
     * @param epoch      it writes.
     * @param currentSeq sequence number that it claims next.
     * @param watermark  fill level of its pools, unsigned; or {@link QosListener#NO_WATERMARK}.
     * @return a position, or Aeron's negative code.
     */
    public long qosProducer(
            final int streamId, final int producerId, final long epoch, final long currentSeq, final int watermark) {
        final long result = Encoding.claim(sink, QosProducerEncoder.BLOCK_LENGTH, claim);
        if (result > 0) {
            qosProducer
                    .wrapAndApplyHeader(claim.buffer(), claim.offset(), header)
                    .streamId(Integer.toUnsignedLong(streamId))
                    .producerId(Integer.toUnsignedLong(producerId))
                    .epoch(epoch)
                    .currentSeq(currentSeq)
                    .watermark(Integer.toUnsignedLong(watermark));
            claim.commit();
        }
        return result;
    }
}
