package io.tensorpool.driver;

import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.tensorpool.protocol.FragmentSource;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The control stream from where it stood when the driver was launched. A new subscription begins where the slowest of the
 * others stands, be it one of a process that was killed; so it would hear what clients asked of the driver before, the
 * request to end among it, and grant leases that nobody waits for. Conductor's thread.
 */
final class RequestsSinceLaunch implements FragmentSource {
    private final Subscription subscription;
    private final int sessionId;
    private final long launchPosition;
    private final FragmentHandler filter = this::onFragment;
    private @Nullable FragmentHandler handler;

    /**
     * At launch.
     *
     * @param shared the driver's own publication on the stream: on IPC all shared ones write into one log.
     */
    RequestsSinceLaunch(final Subscription subscription, final Publication shared) {
        this.subscription = subscription;
        this.sessionId = shared.sessionId();
        this.launchPosition = shared.position();
    }

    @Override
    public int poll(final FragmentHandler to, final int fragmentLimit) {
        handler = to;
        return subscription.poll(filter, fragmentLimit);
    }

    private void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header header) {
        if (handler != null && (header.sessionId() != sessionId || header.position() > launchPosition)) {
            handler.onFragment(buffer, offset, length, header);
        }
    }
}
