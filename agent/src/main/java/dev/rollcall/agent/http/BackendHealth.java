package dev.rollcall.agent.http;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.AlarmMember;
import dev.rollcall.storage.proto.AlarmRequest;
import dev.rollcall.storage.proto.AlarmResponse;
import dev.rollcall.storage.proto.AlarmType;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.StatusRequest;
import dev.rollcall.storage.proto.StatusResponse;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Health by etcd calls, which a member answers itself and a client agent's upstream answers for it. */
public final class BackendHealth implements HealthSource {
    /** One key, which nobody has. */
    private static final Buffer LINEARIZABLE = request(false);

    private static final Buffer SERIALIZABLE = request(true);

    private final Backend backend;
    private final boolean holdsStore;
    private final long timeoutMs;
    private final Supplier<@Nullable String> starting;
    private final Supplier<@Nullable String> arriving;

    /**
     * @param holdsStore the backend is this agent's own store
     * @param timeout how long an answer may take
     * @param starting {@link #starting}
     * @param arriving {@link #arriving}
     */
    public BackendHealth(
            Backend backend,
            boolean holdsStore,
            Duration timeout,
            Supplier<@Nullable String> starting,
            Supplier<@Nullable String> arriving) {
        this.backend = backend;
        this.holdsStore = holdsStore;
        this.timeoutMs = timeout.toMillis();
        this.starting = starting;
        this.arriving = arriving;
    }

    @Override
    public @Nullable String starting() {
        return starting.get();
    }

    @Override
    public @Nullable String arriving() {
        return arriving.get();
    }

    @Override
    public boolean holdsStore() {
        return holdsStore;
    }

    @Override
    public Future<Void> read(boolean linearizable) {
        // Without a leader a linearizable read would only wait for its deadline.
        Future<Buffer> answer =
                call(EtcdMethod.RANGE, linearizable ? LINEARIZABLE : SERIALIZABLE, linearizable && holdsStore);
        return answer.transform((read, failure) ->
                failure == null || refused(failure) ? Future.succeededFuture() : Future.failedFuture(failure));
    }

    @Override
    public Future<Set<String>> alarms() {
        Buffer request = Buffer.buffer(AlarmRequest.getDefaultInstance().toByteArray());
        return call(EtcdMethod.ALARM, request, false)
                .compose(bytes -> parse(AlarmResponse.parser(), bytes))
                .map(response -> {
                    Set<String> raised = new TreeSet<>();
                    for (AlarmMember alarm : response.getAlarmsList()) {
                        raised.add(alarm.getAlarm().name());
                    }
                    return raised;
                })
                .recover(failure -> failure instanceof EtcdException e
                                && e.text().equals(EtcdError.NOT_SUPPORTED_FOR_LEARNER.text())
                        ? alarmsOfLearner()
                        : Future.failedFuture(failure));
    }

    /** A learner refuses to list alarms, yet tells of each in its status. */
    private Future<Set<String>> alarmsOfLearner() {
        return status().map(status -> {
            Set<String> raised = new TreeSet<>();
            for (AlarmType type : AlarmType.values()) {
                if (status.getErrorsList().stream().anyMatch(error -> error.contains("alarm:" + type))) {
                    raised.add(type.name());
                }
            }
            return raised;
        });
    }

    @Override
    public Future<Standing> standing() {
        return status().map(status -> new Standing(status.getLeader() != 0, status.getIsLearner()));
    }

    private Future<StatusResponse> status() {
        Buffer request = Buffer.buffer(StatusRequest.getDefaultInstance().toByteArray());
        return call(EtcdMethod.STATUS, request, false).compose(bytes -> parse(StatusResponse.parser(), bytes));
    }

    private Future<Buffer> call(EtcdMethod method, Buffer request, boolean requireLeader) {
        return backend.unary(method, request, new CallContext(requireLeader, null, timeoutMs, "health"))
                .timeout(timeoutMs, TimeUnit.MILLISECONDS)
                .recover(failure -> Future.failedFuture(
                        failure instanceof TimeoutException ? EtcdError.TIMEOUT.exception() : failure));
    }

    /** Who is refused for want of a user was answered, which is all that health asks. */
    private static boolean refused(Throwable failure) {
        return failure instanceof EtcdException e
                && (e.text().equals(EtcdError.USER_EMPTY.text())
                        || e.text().equals(EtcdError.PERMISSION_DENIED.text()));
    }

    private static <T extends Message> Future<T> parse(Parser<T> parser, Buffer bytes) {
        try {
            return Future.succeededFuture(parser.parseFrom(bytes.getBytes()));
        } catch (InvalidProtocolBufferException e) {
            return Future.failedFuture(e);
        }
    }

    private static Buffer request(boolean serializable) {
        RangeRequest request = RangeRequest.newBuilder()
                .setKey(ByteString.copyFrom(new byte[] {0}))
                .setKeysOnly(true)
                .setLimit(1)
                .setSerializable(serializable)
                .build();
        return Buffer.buffer(request.toByteArray());
    }
}
