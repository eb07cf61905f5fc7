package io.tensorpool.client;

import io.tensorpool.ConfigurationException;
import io.tensorpool.DeadlineException;
import io.tensorpool.Endpoint;
import io.tensorpool.protocol.ConsumerConfigAdapter;
import io.tensorpool.protocol.ConsumerHelloAdapter;
import io.tensorpool.protocol.ControlResponseAdapter;
import io.tensorpool.protocol.DescriptorAdapter;
import io.tensorpool.protocol.DescriptorListener;
import io.tensorpool.protocol.DriverEventAdapter;
import io.tensorpool.protocol.DriverRequestAdapter;
import io.tensorpool.protocol.MetadataAdapter;
import io.tensorpool.protocol.MetadataListener;
import io.tensorpool.protocol.ProgressAdapter;
import io.tensorpool.protocol.ProgressListener;
import io.tensorpool.protocol.QosAdapter;
import io.tensorpool.protocol.QosListener;
import io.tensorpool.protocol.TraceLinkAdapter;
import io.tensorpool.protocol.TraceLinkListener;
import java.util.function.Function;

/**
 * Makes pollers that stand alone, for tools and recorders: they listen to the messages of all processes, need no driver, attach
 * to nothing and say nothing. All of one object share an Aeron client and belong to one thread, which also drives that client:
 * whoever polls one of them keeps all of them connected.
 *
 * <p>When the media driver is lost, or the thread does not poll for longer than Aeron allows (10 s by default), polls find nothing
 * until a media driver is there again; then the pollers go on by themselves. What was said in between is lost. With an Aeron
 * client that the application gave they end closed when that client is closed.
 */
public final class Pollers implements AutoCloseable {
    private final PollerContext context;
    private final PolledConnection connection;

    private Pollers(final PollerContext context) {
        this.context = context;
        this.connection = new PolledConnection(context, context.name());
    }

    /**
     * Connects to Aeron.
     *
     * @param context these pollers' alone from now on.
     * @return makes pollers; to be closed.
     * @throws ConfigurationException if a setting is not usable.
     * @throws DeadlineException      if no Aeron media driver answers.
     */
    public static Pollers connect(final PollerContext context) {
        context.conclude();
        return new Pollers(context);
    }

    /**
     * Listens to descriptors on the context's stream.
     *
     * @return hands on the descriptors of all streams.
     * @throws ConfigurationException if the media driver refuses the channel.
     * @throws DeadlineException      if the media driver does not answer.
     */
    public Poller<DescriptorListener> descriptors() {
        return descriptors(context.descriptorEndpoint());
    }

    /**
     * Listens to descriptors elsewhere, such as on a consumer's own stream.
     *
     * @param endpoint where to.
     * @return as {@link #descriptors()}.
     */
    public Poller<DescriptorListener> descriptors(final Endpoint endpoint) {
        return add(endpoint, handler -> {
            final DescriptorAdapter adapter = new DescriptorAdapter(handler);
            return new Poller.Reading(adapter, adapter::unreadable);
        });
    }

    /**
     * Listens to the messages that manage streams: hellos of consumers and the answers to them, control responses, and what clients and drivers say to
     * each other.
     *
     * @return hands on the messages of all of them.
     * @throws ConfigurationException if the media driver refuses the channel.
     * @throws DeadlineException      if the media driver does not answer.
     */
    public Poller<ControlHandler> control() {
        return add(context.controlEndpoint(), handler -> {
            final ConsumerHelloAdapter hellos = new ConsumerHelloAdapter(handler);
            final ConsumerConfigAdapter configs = new ConsumerConfigAdapter(handler);
            final ControlResponseAdapter responses = new ControlResponseAdapter(handler);
            final DriverRequestAdapter requests = new DriverRequestAdapter(handler);
            final DriverEventAdapter events = new DriverEventAdapter(handler);
            return new Poller.Reading(
                    (buffer, offset, length, header) -> {
                        hellos.onFragment(buffer, offset, length, header);
                        configs.onFragment(buffer, offset, length, header);
                        responses.onFragment(buffer, offset, length, header);
                        requests.onFragment(buffer, offset, length, header);
                        events.onFragment(buffer, offset, length, header);
                    },
                    () -> hellos.unreadable()
                            + configs.unreadable()
                            + responses.unreadable()
                            + requests.unreadable()
                            + events.unreadable());
        });
    }

    /**
     * Listens to the reports of producers and consumers.
     *
     * @return hands on those of all streams.
     * @throws ConfigurationException if the media driver refuses the channel.
     * @throws DeadlineException      if the media driver does not answer.
     */
    public Poller<QosListener> qos() {
        return add(context.qosEndpoint(), handler -> {
            final QosAdapter adapter = new QosAdapter(handler);
            return new Poller.Reading(adapter, adapter::unreadable);
        });
    }

    /**
     * Listens to what sources say about themselves, and to blobs, piece by piece.
     *
     * @return hands on the metadata of all streams.
     * @throws ConfigurationException if the media driver refuses the channel.
     * @throws DeadlineException      if the media driver does not answer.
     */
    public Poller<MetadataListener> metadata() {
        return add(context.metadataEndpoint(), handler -> {
            final MetadataAdapter adapter = new MetadataAdapter(handler);
            return new Poller.Reading(adapter, adapter::unreadable);
        });
    }

    /**
     * Listens to trace links, which travel on the control stream.
     *
     * @return hands on those of all streams.
     * @throws ConfigurationException if the media driver refuses the channel.
     * @throws DeadlineException      if the media driver does not answer.
     */
    public Poller<TraceLinkListener> traceLinks() {
        return add(context.controlEndpoint(), handler -> {
            final TraceLinkAdapter adapter = new TraceLinkAdapter(handler);
            return new Poller.Reading(adapter, adapter::unreadable);
        });
    }

    /**
     * Listens to how far frames are that fill up, on the control stream that all consumers share.
     *
     * @return hands on what is told of all streams there.
     * @throws ConfigurationException if the media driver refuses the channel.
     * @throws DeadlineException      if the media driver does not answer.
     */
    public Poller<ProgressListener> progress() {
        return progress(context.controlEndpoint());
    }

    /**
     * Listens to how far frames are elsewhere, such as on a consumer's own control stream.
     *
     * @param endpoint where to.
     * @return as {@link #progress()}.
     */
    public Poller<ProgressListener> progress(final Endpoint endpoint) {
        return add(endpoint, handler -> {
            final ProgressAdapter adapter = new ProgressAdapter(handler);
            return new Poller.Reading(adapter, adapter::unreadable);
        });
    }

    private <H> Poller<H> add(final Endpoint endpoint, final Function<H, Poller.Reading> readingFor) {
        return new Poller<>(this, connection.connection().subscribe(endpoint), readingFor);
    }

    int poll(final Poller<?> poller, final int limit) {
        final boolean isOpen = connection.enter();
        try {
            return isOpen ? poller.poll(limit) : 0;
        } finally {
            connection.leave();
        }
    }

    /**
     * Whether there is a media driver, as far as is known.
     *
     * @return false from a loss until the pollers go on.
     */
    public boolean isConnected() {
        return connection.connection().isConnected();
    }

    /**
     * How often the media driver was lost.
     *
     * @return from 0.
     */
    public int losses() {
        return connection.connection().losses();
    }

    /**
     * Whether it is over for good.
     *
     * @return true after {@link #close()}, and when the given Aeron client was closed.
     */
    public boolean isClosed() {
        return connection.isClosed();
    }

    /**
     * Closes all pollers. Any thread, also from within a handler, and does nothing the second time; a poll that is under way in
     * another thread is waited for.
     */
    @Override
    public void close() {
        connection.close();
    }
}
