package io.tensorpool;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/**
 * The arrows between the rooms, and what each room must stay clear of. A room is a package below {@code io.tensorpool};
 * {@code root} is that package itself, {@code codec} the generated code.
 */
class ArchitectureTest {
    private static final String BASE = "io.tensorpool";
    private static final Path SOURCES = Path.of("src/main/java");
    private static final Pattern IMPORT =
            Pattern.compile("^import (?:static )?(io\\.tensorpool(?:\\.[a-z]\\w*)*)\\.[A-Z].*", Pattern.MULTILINE);

    private static final Set<String> SERVICE = Set.of("runtime", "protocol");

    /** Room to the rooms it may use, besides the root and itself. What is not here is an error. */
    private static final Map<String, Set<String>> ARROWS = Map.ofEntries(
            Map.entry("root", Set.of()),
            Map.entry("codec", Set.of()),
            Map.entry("layout", Set.of()),
            Map.entry("tensor", Set.of()),
            Map.entry("shm", Set.of("layout")),
            Map.entry("protocol", Set.of("codec")),
            Map.entry("runtime", Set.of("protocol")),
            Map.entry("client", and(SERVICE, "shm", "tensor")),
            Map.entry("driver", and(SERVICE, "shm")),
            Map.entry("supervisor", SERVICE),
            Map.entry("discovery", SERVICE),
            Map.entry("bridge", and(SERVICE, "client")),
            Map.entry("ratelimiter", and(SERVICE, "client")),
            Map.entry("joinbarrier", and(SERVICE, "client", "tracelink")),
            Map.entry("tracelink", and(SERVICE, "client")),
            Map.entry("embedded", Set.of("client", "driver", "supervisor", "discovery")),
            Map.entry("bench", Set.of("embedded", "client", "driver", "runtime")),
            Map.entry(
                    "config",
                    Set.of("driver", "supervisor", "discovery", "bridge", "ratelimiter", "joinbarrier", "tracelink")),
            Map.entry(
                    "cli",
                    Set.of(
                            "layout",
                            "tensor",
                            "shm",
                            "protocol",
                            "runtime",
                            "client",
                            "driver",
                            "supervisor",
                            "discovery",
                            "bridge",
                            "ratelimiter",
                            "joinbarrier",
                            "tracelink",
                            "embedded",
                            "bench",
                            "config")));

    /** A library user does not inherit these, so that only these rooms may need them. */
    private static final Map<String, Set<String>> ROOMS_OF_OPTIONAL_PACKAGE = Map.of(
            "io.aeron.driver", Set.of("embedded", "cli"),
            "org.tomlj", Set.of("config"),
            "picocli", Set.of("cli"),
            "tools.jackson", Set.of("cli", "bench"),
            "org.HdrHistogram", Set.of("cli", "driver", "bench"));

    private static final Set<String> LISTING = Set.of(
            "Files.list",
            "Files.walk",
            "Files.find",
            "Files.walkFileTree",
            "Files.newDirectoryStream",
            "File.list",
            "File.listFiles",
            "Directory.names");

    private static final JavaClasses CLASSES = new ClassFileImporter().importPath("target/classes");

    @Test
    void shouldOnlyUseRoomsThatAnArrowLeadsTo() {
        assertThat(CLASSES).hasSizeGreaterThan(100);
        final Set<String> errors = new TreeSet<>();
        for (final JavaClass origin : CLASSES) {
            for (final Dependency dependency : origin.getDirectDependenciesFromSelf()) {
                final String targetPackage = dependency.getTargetClass().getPackageName();
                if (targetPackage.startsWith(BASE) && !isAllowed(origin.getPackageName(), targetPackage)) {
                    errors.add(dependency.getDescription());
                }
            }
        }
        assertThat(errors).isEmpty();
    }

    /** Constants are gone from class files, and so are the classes that only they came from. */
    @Test
    void shouldOnlyImportFromRoomsThatAnArrowLeadsTo() throws IOException {
        final Set<String> errors = new TreeSet<>();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            for (final Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                final String originPackage =
                        SOURCES.relativize(file.getParent()).toString().replace('/', '.');
                final Matcher imports = IMPORT.matcher(Files.readString(file));
                while (imports.find()) {
                    if (!isAllowed(originPackage, imports.group(1))) {
                        errors.add(file + ": " + imports.group());
                    }
                }
            }
        }
        assertThat(errors).isEmpty();
    }

    @Test
    void shouldKeepOptionalDependenciesInTheRoomsThatMayNeedThem() {
        final Set<String> errors = new TreeSet<>();
        for (final JavaClass origin : CLASSES) {
            for (final Dependency dependency : origin.getDirectDependenciesFromSelf()) {
                ROOMS_OF_OPTIONAL_PACKAGE.forEach((optional, rooms) -> {
                    if (isBelow(dependency.getTargetClass().getPackageName(), optional)
                            && !rooms.contains(room(origin.getPackageName()))) {
                        errors.add(dependency.getDescription());
                    }
                });
            }
        }
        assertThat(errors).isEmpty();
    }

    /** An address-based buffer over shared memory would bring the segmentation fault back. */
    @Test
    void shouldTouchSharedMemoryWithoutAgronaOrAeron() {
        noClasses()
                .that()
                .resideInAnyPackage(BASE, BASE + ".layout..", BASE + ".shm..", BASE + ".tensor..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.agrona..", "io.aeron..")
                .check(CLASSES);
    }

    @Test
    void shouldNotReachMemoryByAddress() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("sun.misc..", "jdk.internal..", "org.agrona.hints..")
                .orShould()
                .dependOnClassesThat()
                .haveSimpleName("UnsafeApi")
                .orShould()
                .callConstructor(UnsafeBuffer.class, long.class, int.class)
                .orShould()
                .callMethodWhere(describe(
                        "wrap memory by address",
                        call -> call.getTargetOwner().isAssignableTo("org.agrona.DirectBuffer")
                                && call.getName().equals("wrap")
                                && call.getTarget()
                                        .getRawParameterTypes()
                                        .getFirst()
                                        .isEquivalentTo(long.class)))
                .check(CLASSES);
    }

    /** What it compiles to ends the JVM where a file was truncated under its mapping; seen on JDK 25. */
    @Test
    void shouldNotCompareMemoryWithMismatch() {
        noClasses()
                .should()
                .callMethodWhere(target(owner(nameMatching("java\\.lang\\.foreign\\.MemorySegment")))
                        .and(target(nameMatching("mismatch"))))
                .check(CLASSES);
    }

    @Test
    void shouldMakeSegmentsOfAddressesOnlyWhereRegionsAreMapped() {
        noClasses()
                .that()
                .resideOutsideOfPackage(BASE + ".shm..")
                .should()
                .callMethodWhere(target(
                                owner(describe("MemorySegment", type -> type.isEquivalentTo(MemorySegment.class))))
                        .and(target(nameMatching("ofAddress|reinterpret|address"))))
                .check(CLASSES);
    }

    /** Driver specification 3; {@code cli} cleans up what a driver left. Without a driver, a producer makes its own. */
    @Test
    void shouldLetOnlyTheDriverMakeAndDeleteRegions() {
        noClasses()
                .that()
                .resideOutsideOfPackages(BASE + ".driver..", BASE + ".shm..", BASE + ".cli..")
                .and()
                .doNotHaveFullyQualifiedName(BASE + ".client.OwnNamespace")
                .should()
                .dependOnClassesThat()
                .haveNameMatching(BASE + "\\.shm\\.(RegionFactory|DriverNamespace|EpochStore)")
                .check(CLASSES);
    }

    /** Wire specification 15.21a.4: a reader is told where regions are, and looks for them nowhere. */
    @Test
    void shouldLookThroughDirectoriesOnlyWhereRegionsAreMade() {
        final Set<String> callers = new TreeSet<>();
        for (final JavaClass type : CLASSES) {
            type.getMethodCallsFromSelf().stream()
                    .filter(call -> LISTING.contains(call.getTargetOwner().getSimpleName() + "." + call.getName()))
                    .forEach(call -> callers.add(type.getName().substring(BASE.length() + 1)));
        }
        assertThat(callers)
                .contains("shm.Directory", "shm.DriverNamespace")
                .allMatch(name -> name.startsWith("cli.")
                        || name.startsWith("driver.")
                        || Set.of(
                                        "shm.Directory",
                                        "shm.DriverNamespace",
                                        "shm.EpochName",
                                        "embedded.EmbeddedMediaDriver")
                                .contains(name));
    }

    /** One for shared memory, one for the order between an application's thread and the conductor; see the decisions. */
    @Test
    void shouldHaveFencesInTwoClassesOnly() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName(BASE + ".layout.SeqCommit")
                .and()
                .doNotHaveFullyQualifiedName(BASE + ".client.UseMark")
                .should()
                .callMethodWhere(target(nameMatching(".*[fF]ence")))
                .check(CLASSES);
    }

    /** A context may take the application's Aeron client; protocol and runtime are for the other rooms only. */
    @Test
    void shouldShowNeitherAeronNorCodecsInPublicSignatures() {
        final Set<String> errors = new TreeSet<>();
        for (final JavaClass type : CLASSES) {
            final String room = room(type.getPackageName());
            final boolean isContext = type.getSimpleName().endsWith("Context");
            if (room.equals("codec") || (SERVICE.contains(room) && !isContext) || !isVisible(type)) {
                continue;
            }
            type.getInterfaces().forEach(parent -> addHidden(errors, type.getName(), parent));
            type.getSuperclass().ifPresent(parent -> addHidden(errors, type.getName(), parent));
            for (final JavaMember member : type.getMembers()) {
                final boolean givenAeron = isContext && member.getName().equals("aeron");
                if (isVisible(member.getModifiers()) && !givenAeron) {
                    signature(member).forEach(part -> addHidden(errors, member.getFullName(), part));
                }
            }
        }
        assertThat(errors).isEmpty();
    }

    private static Stream<? extends JavaType> signature(final JavaMember member) {
        if (member instanceof final JavaField field) {
            return Stream.of(field.getType());
        }
        final JavaCodeUnit unit = (JavaCodeUnit) member;
        return Stream.of(
                        Stream.of(unit.getReturnType()),
                        unit.getParameterTypes().stream(),
                        unit.getExceptionTypes().stream())
                .flatMap(types -> types);
    }

    private static void addHidden(final Set<String> errors, final String where, final JavaType type) {
        for (final JavaClass raw : type.getAllInvolvedRawTypes()) {
            if (isBelow(raw.getPackageName(), "io.aeron") || isBelow(raw.getPackageName(), BASE + ".codec")) {
                errors.add(where + " shows " + raw.getName());
            }
        }
    }

    /** Public, and so is every class around it. */
    private static boolean isVisible(final JavaClass type) {
        return isVisible(type.getModifiers())
                && type.getEnclosingClass().map(ArchitectureTest::isVisible).orElse(true);
    }

    private static boolean isVisible(final Set<JavaModifier> modifiers) {
        return !modifiers.contains(JavaModifier.SYNTHETIC)
                && (modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED));
    }

    private static boolean isAllowed(final String originPackage, final String targetPackage) {
        final String origin = room(originPackage);
        final String target = room(targetPackage);
        return origin.equals(target)
                || (ARROWS.containsKey(origin)
                        && (target.equals("root") || ARROWS.get(origin).contains(target)));
    }

    private static String room(final String packageName) {
        return packageName.equals(BASE) ? "root" : packageName.split("\\.")[2];
    }

    private static boolean isBelow(final String packageName, final String parent) {
        return packageName.equals(parent) || packageName.startsWith(parent + '.');
    }

    private static Set<String> and(final Set<String> rooms, final String... more) {
        final Set<String> all = new TreeSet<>(rooms);
        all.addAll(List.of(more));
        return all;
    }
}
