package io.tensorpool.driver;

import io.tensorpool.ConfigurationException;
import io.tensorpool.protocol.ShutdownReason;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * How a driver comes to its end: it drains, attaching nobody, until its last lease is given back or the time is over; then
 * it says so to all (driver specification 4.13). A notice that cannot be sent holds it up for as long again, and not for
 * ever. Conductor's thread.
 */
final class Shutdown {
    /** Where it stands. */
    enum State {
        RUNNING,
        DRAINING,
        DONE
    }

    private static final char DELETE = 0x7F;

    private final byte[] token;
    private final long timeoutNs;
    private State state = State.RUNNING;
    private ShutdownReason reason = ShutdownReason.NORMAL;
    private long deadlineNs;

    /**
     * Not begun.
     *
     * @param token     that a request must carry; empty refuses every request.
     * @param timeoutNs longest time to drain.
     */
    Shutdown(final String token, final long timeoutNs) {
        this.token = token.getBytes(StandardCharsets.US_ASCII);
        this.timeoutNs = timeoutNs;
    }

    /** The token itself; on the wire other characters would all be the same one. */
    static String checkedToken(final String token) {
        if (!token.chars().allMatch(c -> c >= ' ' && c < DELETE)) {
            throw new ConfigurationException("policies.shutdown_token holds a character that is not printable ASCII");
        }
        return token;
    }

    State state() {
        return state;
    }

    ShutdownReason reason() {
        return reason;
    }

    /** Whether a request's token is the configured one; takes as long for a wrong one as for the right one. */
    boolean isAuthorized(final String requestToken) {
        return token.length > 0 && MessageDigest.isEqual(token, requestToken.getBytes(StandardCharsets.US_ASCII));
    }

    /** Begins to drain; false if it had begun before. */
    boolean begin(final ShutdownReason because, final long nowNs) {
        if (state != State.RUNNING) {
            return false;
        }
        state = State.DRAINING;
        reason = because;
        deadlineNs = nowNs + timeoutNs;
        return true;
    }

    /** Whether draining is over, in this very call. */
    boolean isOver(final int activeLeases, final long nowNs) {
        if (state == State.DRAINING && (activeLeases == 0 || nowNs - deadlineNs >= 0)) {
            state = State.DONE;
            deadlineNs = nowNs + timeoutNs;
            return true;
        }
        return false;
    }

    /** Whether the notice, which could not be sent, has been tried for so long that nobody is going to hear it. */
    boolean isNoticeOverdue(final long nowNs) {
        return state == State.DONE && nowNs - deadlineNs >= 0;
    }
}
