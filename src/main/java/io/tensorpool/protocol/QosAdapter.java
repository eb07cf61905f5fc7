package io.tensorpool.protocol;

import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.tensorpool.codec.wire.MessageHeaderDecoder;
import io.tensorpool.codec.wire.QosConsumerDecoder;
import org.agrona.DirectBuffer;

/** Reads consumers' reports from the QoS stream. One thread. */
public final class QosAdapter implements FragmentHandler {
    private final QosListener listener;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final QosConsumerDecoder qosConsumer = new QosConsumerDecoder();
    private final SchemaGate gate = new SchemaGate(QosConsumerDecoder.SCHEMA_ID, QosConsumerDecoder.SCHEMA_VERSION)
            .template(QosConsumerDecoder.TEMPLATE_ID, QosConsumerDecoder.BLOCK_LENGTH, 0);

    /**
     * An adapter.
     *
     * @param listener called from {@link #onFragment}.
     */
    public QosAdapter(final QosListener listener) {
        this.listener = listener;
    }

    /**
     * Reports that could not be read.
     *
     * @return how many so far.
     */
    public long unreadable() {
        return gate.malformed() + gate.newerVersion();
    }

    @Override
    public void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header frame) {
        if (gate.admit(buffer, offset, length) == QosConsumerDecoder.TEMPLATE_ID) {
            qosConsumer.wrapAndApplyHeader(buffer, offset, header);
            listener.onQosConsumer(
                    (int) qosConsumer.streamId(),
                    (int) qosConsumer.consumerId(),
                    qosConsumer.epoch(),
                    qosConsumer.lastSeqSeen(),
                    qosConsumer.dropsGap(),
                    qosConsumer.dropsLate());
        }
    }
}
