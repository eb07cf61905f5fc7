package io.tensorpool.shm;

/**
 * Where a fault of an earlier access to shared memory comes to light.
 *
 * <p>When a file is truncated under its mapping, an access to the lost part is an {@link InternalError}. In compiled
 * code that error is asynchronous: the access returns garbage, execution goes on, and the error is raised at the next
 * safepoint poll that looks for it. Polls at a method's return do not look, those on a loop's back-edge do. So every
 * decision about shared data that must not be made on garbage is preceded by {@link #pass()}, a loop that takes its
 * back-edge twice: if an access before it faulted, the error leaves from here, and the enclosing method with it.
 *
 * <p>The bound is volatile, so that the compiler can neither count the turns, nor unroll or peel the loop away, nor drop
 * the poll. It is read without a call, because a loop that contains a call loses its poll.
 *
 * <p>Any thread.
 */
public final class FaultPoint {
    @SuppressWarnings("FieldMayBeFinal") // final would be a constant, and a constant bound is unrolled
    private static volatile int turns = 2;

    private FaultPoint() {}

    /**
     * Raises the fault of an earlier access of this thread, if there was one.
     *
     * @throws InternalError if memory that was accessed before lies behind the end of its file.
     */
    public static void pass() {
        for (int turn = 0; turn < turns; turn++) {
            // The back-edge is the point.
        }
    }

    /**
     * Whether an error is the fault of an access to mapped memory, and not another internal error of the JVM.
     *
     * @param error as caught.
     * @return true if {@link #pass} or a plain access raised it for memory behind the end of a file.
     */
    public static boolean isFault(final InternalError error) {
        final String message = error.getMessage();
        return message != null && message.contains("unsafe memory access");
    }
}
