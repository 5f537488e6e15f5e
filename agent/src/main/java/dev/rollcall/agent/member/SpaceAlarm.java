package dev.rollcall.agent.member;

import dev.rollcall.storage.apply.AlarmRow;
import dev.rollcall.storage.apply.AlarmTable;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.proto.AlarmRequest;
import dev.rollcall.storage.proto.AlarmRequest.AlarmAction;
import dev.rollcall.storage.proto.AlarmType;
import dev.rollcall.storage.sqlite.DiskSpace;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Raises this member's NOSPACE alarm while its disk is short of space, and takes it back once there is space: the disk is
 * the machine's, and whoever made room there need not know of alarms. An alarm because of the quota stays until an operator
 * disarms it, as in etcd. Which of the two it is, the ballast tells: it is missing from when the disk ran short until after
 * the alarm is gone, also if the process ends in between.
 */
final class SpaceAlarm {
    private static final Logger log = LoggerFactory.getLogger(SpaceAlarm.class);
    private static final long LOOK_MS = 250;
    private static final long LOOKING = -1;

    private final Vertx vertx;
    private final DiskSpace space;
    private final AlarmTable alarms;
    private final AlarmRow alarm;
    private final Proposer proposer;
    private volatile boolean stopped;
    /** On the loop that {@link #begin} was called on, as is all but the looking. */
    private long next = LOOKING;

    SpaceAlarm(Vertx vertx, DiskSpace space, AlarmTable alarms, long self, Proposer proposer) {
        this.vertx = vertx;
        this.space = space;
        this.alarms = alarms;
        this.alarm = new AlarmRow(self, AlarmType.NOSPACE_VALUE);
        this.proposer = proposer;
    }

    /** Looks at the disk again and again, and does what is due, at once when a writer finds it short of space. */
    void begin() {
        Context loop = vertx.getOrCreateContext();
        space.onShort(() -> loop.runOnContext(found -> lookNow()));
        loop.runOnContext(begun -> act());
    }

    private void lookNow() {
        if (next != LOOKING && vertx.cancelTimer(next)) {
            act();
        }
    }

    private void act() {
        next = LOOKING;
        vertx.executeBlocking(this::look)
                .compose(action -> action == AlarmAction.GET
                        ? vertx.timer(0).mapEmpty()
                        : proposer.propose(CommandKind.ALARM, request(action), 0)
                                .onSuccess(done -> log.info(
                                        "NOSPACE is {}", action == AlarmAction.ACTIVATE ? "raised" : "disarmed")))
                .onComplete(done -> {
                    if (done.failed()) {
                        log.debug(
                                "the NOSPACE alarm has to wait: {}",
                                done.cause().getMessage());
                    }
                    if (!stopped) {
                        next = vertx.setTimer(LOOK_MS, id -> act());
                    }
                });
    }

    void stop() {
        stopped = true;
    }

    /** On a worker: what is to be proposed, GET if nothing. */
    private AlarmAction look() {
        space.look();
        boolean raised = alarms.rows().contains(alarm);
        if (space.isShort()) {
            return raised ? AlarmAction.GET : AlarmAction.ACTIVATE;
        }
        if (space.hasBallast()) {
            return AlarmAction.GET;
        }
        if (raised) {
            return AlarmAction.DEACTIVATE;
        }
        space.restore();
        return AlarmAction.GET;
    }

    private byte[] request(AlarmAction action) {
        return AlarmRequest.newBuilder()
                .setAction(action)
                .setMemberID(alarm.memberId())
                .setAlarm(AlarmType.NOSPACE)
                .build()
                .toByteArray();
    }
}
