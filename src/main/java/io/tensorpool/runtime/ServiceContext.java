package io.tensorpool.runtime;

import io.aeron.Aeron;
import io.aeron.CommonContext;
import io.tensorpool.ConfigurationException;
import io.tensorpool.JvmFlags;
import io.tensorpool.TensorPoolException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Settings that every service has. A context is filled by one thread, concluded once by the service that it is given to,
 * and not changed afterwards.
 *
 * @param <C> the service's own context.
 */
public abstract class ServiceContext<C extends ServiceContext<C>> {
    /** Environment variable that names the Aeron directory where neither the context nor {@code aeron.dir} does. */
    public static final String AERON_DIR_ENV = "AERON_DIR";

    private static final long AERON_TIMEOUT_DEFAULT_NS = TimeUnit.SECONDS.toNanos(5);
    private static final long MEDIA_DRIVER_TIMEOUT_DEFAULT_NS = TimeUnit.SECONDS.toNanos(10);

    private @Nullable String aeronDirectoryName;
    private @Nullable Aeron aeron;
    private long aeronTimeoutNs = AERON_TIMEOUT_DEFAULT_NS;
    private long mediaDriverTimeoutNs = MEDIA_DRIVER_TIMEOUT_DEFAULT_NS;
    private boolean useAgentInvoker;
    private Supplier<IdleStrategy> idleStrategySupplier =
            () -> new BackoffIdleStrategy(10, 20, TimeUnit.MICROSECONDS.toNanos(1), TimeUnit.MILLISECONDS.toNanos(1));
    private ErrorHandler errorHandler = ServiceContext::logError;
    private NanoClock nanoClock = SystemNanoClock.INSTANCE;
    private boolean isConcluded;

    /** For the services' contexts. */
    protected ServiceContext() {}

    /** What the library says itself is complete; of anything else the place matters too. */
    private static void logError(final Throwable error) {
        final System.Logger logger = System.getLogger("io.tensorpool");
        if (error instanceof TensorPoolException && !logger.isLoggable(System.Logger.Level.DEBUG)) {
            logger.log(System.Logger.Level.WARNING, error.getMessage());
        } else {
            logger.log(System.Logger.Level.WARNING, error.getMessage(), error);
        }
    }

    @SuppressWarnings("unchecked")
    private C self() {
        return (C) this;
    }

    /**
     * Checks what was set and fills in what was not; called once, by the service.
     *
     * @throws ConfigurationException if the context was concluded before, a JVM flag is missing, or a setting is bad.
     */
    protected void concludeOnce() {
        if (isConcluded) {
            throw new ConfigurationException(
                    getClass().getSimpleName() + " was concluded before: each service needs a context of its own");
        }
        JvmFlags.check();
        isConcluded = true;
        aeronDirectoryName = aeronDirectoryNameOf(this);
    }

    /**
     * Directory of the Aeron media driver that a context means, set or not.
     *
     * @param context concluded or not.
     * @return what was set, else the system property {@code aeron.dir}, else {@link #AERON_DIR_ENV}, else Aeron's default.
     */
    public static String aeronDirectoryNameOf(final ServiceContext<?> context) {
        final String name = context.aeronDirectoryName;
        if (name != null) {
            return name;
        }
        final String fromEnvironment = System.getenv(AERON_DIR_ENV);
        return System.getProperty(CommonContext.AERON_DIR_PROP_NAME) == null
                        && fromEnvironment != null
                        && !fromEnvironment.isBlank()
                ? fromEnvironment
                : CommonContext.getAeronDirectoryName();
    }

    /**
     * Directory of the Aeron media driver.
     *
     * @param directoryName absolute path; by default the system property {@code aeron.dir}, then the environment variable
     *                      {@link #AERON_DIR_ENV}, then Aeron's own default.
     * @return this.
     */
    public C aeronDirectoryName(final String directoryName) {
        this.aeronDirectoryName = directoryName;
        return self();
    }

    /**
     * Directory of the Aeron media driver.
     *
     * @return null before concluding, if it was not set.
     */
    public @Nullable String aeronDirectoryName() {
        return aeronDirectoryName;
    }

    /**
     * An Aeron client of the application's, which stays the application's to close. Its conductor must not be in invoker
     * mode unless the application drives it.
     *
     * @param givenAeron by default the service makes its own.
     * @return this.
     */
    public C aeron(final Aeron givenAeron) {
        this.aeron = givenAeron;
        return self();
    }

    /**
     * The given Aeron client.
     *
     * @return null if the service makes its own.
     */
    public @Nullable Aeron aeron() {
        return aeron;
    }

    /**
     * How long to wait for the Aeron media driver at launch.
     *
     * @param timeoutNs more than 0; 5 s by default.
     * @return this.
     */
    public C aeronTimeoutNs(final long timeoutNs) {
        this.aeronTimeoutNs = requirePositive("aeronTimeoutNs", timeoutNs);
        return self();
    }

    /**
     * How long to wait for the Aeron media driver at launch.
     *
     * @return in nanoseconds.
     */
    public long aeronTimeoutNs() {
        return aeronTimeoutNs;
    }

    /**
     * Age of its last sign of life from which a media driver that is used counts as gone. The service then waits for another
     * one, and goes on with it.
     *
     * @param timeoutNs at least 1 s, since media drivers show signs of life as seldom; 10 s, Aeron's own, by default.
     * @return this.
     */
    public C mediaDriverTimeoutNs(final long timeoutNs) {
        if (timeoutNs < TimeUnit.SECONDS.toNanos(1)) {
            throw new ConfigurationException("mediaDriverTimeoutNs = " + timeoutNs + ": expected at least 1 s");
        }
        this.mediaDriverTimeoutNs = timeoutNs;
        return self();
    }

    /**
     * Age of its last sign of life from which a media driver counts as gone.
     *
     * @return in nanoseconds.
     */
    public long mediaDriverTimeoutNs() {
        return mediaDriverTimeoutNs;
    }

    /**
     * Whether the service has no thread of its own, and the application calls its {@code doWork}.
     *
     * @param useInvoker false by default.
     * @return this.
     */
    public C useAgentInvoker(final boolean useInvoker) {
        this.useAgentInvoker = useInvoker;
        return self();
    }

    /**
     * Whether the application drives the service.
     *
     * @return false by default.
     */
    public boolean useAgentInvoker() {
        return useAgentInvoker;
    }

    /**
     * How the conductor waits when it has nothing to do.
     *
     * @param supplier makes one strategy per thread; by default one that backs off to 1 ms.
     * @return this.
     */
    public C idleStrategySupplier(final Supplier<IdleStrategy> supplier) {
        this.idleStrategySupplier = supplier;
        return self();
    }

    /**
     * How the conductor waits when it has nothing to do.
     *
     * @return makes one strategy per thread.
     */
    public Supplier<IdleStrategy> idleStrategySupplier() {
        return idleStrategySupplier;
    }

    /**
     * What is told of errors that no call can return.
     *
     * @param handler called in the service's thread; by default they are logged as warnings.
     * @return this.
     */
    public C errorHandler(final ErrorHandler handler) {
        this.errorHandler = handler;
        return self();
    }

    /**
     * What is told of errors that no call can return.
     *
     * @return the handler.
     */
    public ErrorHandler errorHandler() {
        return errorHandler;
    }

    /**
     * For setters.
     *
     * @param name  of the setting.
     * @param value found.
     * @return the value.
     * @throws ConfigurationException if it is not more than 0.
     */
    protected static long requirePositive(final String name, final long value) {
        if (value <= 0) {
            throw new ConfigurationException(name + " = " + value + ": expected more than 0");
        }
        return value;
    }

    /**
     * Clock of everything that this service times and stamps.
     *
     * @param clock monotonic, the same as that of all other services: {@code System.nanoTime()} by default.
     * @return this.
     */
    public C nanoClock(final NanoClock clock) {
        this.nanoClock = clock;
        return self();
    }

    /**
     * Clock of everything that this service times and stamps.
     *
     * @return as set.
     */
    public NanoClock nanoClock() {
        return nanoClock;
    }
}
