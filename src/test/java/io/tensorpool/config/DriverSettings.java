package io.tensorpool.config;

import io.tensorpool.StreamProfile;
import io.tensorpool.driver.DriverContext;
import java.lang.reflect.Method;
import java.util.List;

/** What a context has been told, which it shows to its own package only. */
final class DriverSettings {
    private static final List<String> SETTINGS = List.of(
            "aeronDirectoryName",
            "instanceId",
            "controlEndpoint",
            "announceEndpoint",
            "qosEndpoint",
            "baseDir",
            "allowedBaseDirs",
            "namespace",
            "permissionsMode",
            "requireHugepages",
            "prefault",
            "lockMemory",
            "announcePeriodNs",
            "announceClock",
            "keepaliveIntervalNs",
            "expiryGraceIntervals",
            "epochPolicy",
            "nodeIdCooldownNs",
            "histogramIntervalNs",
            "adminSocket",
            "shutdownTimeoutNs",
            "shutdownToken");

    private DriverSettings() {}

    static List<String> settings(final DriverContext context) {
        return SETTINGS.stream()
                .map(name -> String.valueOf(setting(context, name)))
                .toList();
    }

    /** The context shows most of its settings to its own package only. */
    static Object setting(final Object owner, final String name, final Object... arguments) {
        try {
            for (Class<?> type = owner.getClass(); type != null; type = type.getSuperclass()) {
                for (final Method method : type.getDeclaredMethods()) {
                    if (method.getName().equals(name)
                            && method.getParameterCount() == arguments.length
                            && method.getReturnType() != void.class) {
                        method.setAccessible(true);
                        return method.invoke(owner, arguments);
                    }
                }
            }
        } catch (final ReflectiveOperationException ex) {
            throw new AssertionError(name, ex);
        }
        throw new AssertionError(owner.getClass() + " has no " + name);
    }

    /** Profile of a stream after the context has been concluded as the driver does. */
    static StreamProfile profileOf(final DriverContext context, final int streamId) {
        context.checkStreams();
        final Object plan = setting(context, "streamPlan");
        return (StreamProfile) setting(plan, "profileOf", streamId);
    }
}
