package io.tensorpool.protocol;

import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.tensorpool.ConsumerMode;
import io.tensorpool.codec.wire.MessageHeaderDecoder;
import io.tensorpool.codec.wire.QosConsumerDecoder;
import io.tensorpool.codec.wire.QosProducerDecoder;
import org.agrona.DirectBuffer;

/** Reads the reports of consumers and producers from the QoS stream. Allocates nothing. One thread. */
public final class QosAdapter implements FragmentHandler {
    private final QosListener listener;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final QosConsumerDecoder qosConsumer = new QosConsumerDecoder();
    private final QosProducerDecoder qosProducer = new QosProducerDecoder();
    private final SchemaGate gate = new SchemaGate(QosConsumerDecoder.SCHEMA_ID, QosConsumerDecoder.SCHEMA_VERSION)
            .template(QosConsumerDecoder.TEMPLATE_ID, QosConsumerDecoder.BLOCK_LENGTH, 0)
            .template(QosProducerDecoder.TEMPLATE_ID, QosProducerDecoder.BLOCK_LENGTH, 0);
    private long unknownModes;

    /**
     * An adapter.
     *
     * @param listener called from {@link #onFragment}.
     */
    public QosAdapter(final QosListener listener) {
        this.listener = listener;
    }

    /**
     * Reports that could not be read, or of a mode that is none.
     *
     * @return how many so far.
     */
    public long unreadable() {
        return gate.malformed() + gate.newerVersion() + unknownModes;
    }

    @Override
    public void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header frame) {
        switch (gate.admit(buffer, offset, length)) {
            case QosConsumerDecoder.TEMPLATE_ID -> onQosConsumer(buffer, offset);
            case QosProducerDecoder.TEMPLATE_ID -> onQosProducer(buffer, offset);
            default -> {}
        }
    }

    private void onQosConsumer(final DirectBuffer buffer, final int offset) {
        qosConsumer.wrapAndApplyHeader(buffer, offset, header);
        final ConsumerMode mode = ConsumerMode.fromCode(qosConsumer.modeRaw());
        if (mode == null) {
            unknownModes++;
            return;
        }
        listener.onQosConsumer(
                (int) qosConsumer.streamId(),
                (int) qosConsumer.consumerId(),
                qosConsumer.epoch(),
                qosConsumer.lastSeqSeen(),
                qosConsumer.dropsGap(),
                qosConsumer.dropsLate(),
                mode);
    }

    private void onQosProducer(final DirectBuffer buffer, final int offset) {
        qosProducer.wrapAndApplyHeader(buffer, offset, header);
        listener.onQosProducer(
                (int) qosProducer.streamId(),
                (int) qosProducer.producerId(),
                qosProducer.epoch(),
                qosProducer.currentSeq(),
                (int) qosProducer.watermark());
    }
}
