/* How Florin asks a provider for money, as a model that Spin searches exhaustively.
 *
 *   -DSCENARIO=CHARGE             one payment: requests, crashes, lost messages, resolver, failover
 *   -DSCENARIO=CAPTURE_OR_CANCEL  captures and a cancellation of one authorization, at once
 *   -DSCENARIO=REFUNDS            several refunds of one capture, at once
 *   -DSCENARIO=OUTBOX             the event of a change reaches a consumer
 *
 * Without further flags it is the design as it is meant. A flag adds a fault of the world or swaps
 * one decision for a naive one; README.md has the list, tests/model_test.py what each one breaks.
 *
 * An atomic step on the database is one committed transaction. Each of our processes may die
 * between any two of its steps and then forgets its local variables; all of them together die at
 * most CRASHES times. The network loses at most LOSSES messages and keeps, delays and reorders the
 * others as it likes. A time-out may strike at any moment.
 */

#define CHARGE 1
#define CAPTURE_OR_CANCEL 2
#define REFUNDS 3
#define OUTBOX 4

#ifndef SCENARIO
#define SCENARIO CHARGE
#endif
#ifndef REQUESTS
#define REQUESTS 2           /* Clients that ask for the same payment at once. */
#endif
#ifndef GENERATIONS
#define GENERATIONS 2        /* Tries of one payment, the next only after a definite no. */
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef LOSSES
#define LOSSES 2
#endif
#ifndef DUPLICATES
#define DUPLICATES 1         /* Webhooks that come once more. */
#endif

/* The states of operation.h that matter here; none = there is no row. */
mtype:state = { none, sending, unknown, not_found_wait, succeeded, declined };

/* What a connector hears: the alternatives of connectors::Outcome. */
mtype:outcome = { Unknown, NotFound, Succeeded, Declined };

/* Spin reports a broken assertion by its text: each law is a name in that text, of a variable that
 * is always false. */
bit I1_money_moves_once;      /* The provider never does it twice, nor more than asked. */
bit I2_told_success_is_true;  /* Who hears "succeeded" was charged. */
bit I3_told_failure_is_true;  /* Who hears "failed" never was and never will be charged. */
bit I4_books_follow_money;    /* Booked at most once, and never without the money. */
bit I5_at_rest_all_is_known;  /* No doubt is left; our word and the provider's agree. */
bit I6_told_success_stays;    /* No later step takes a told success back. */
bit W_reached;                /* No law: a witness that a story can happen at all. */
#define LAW(name, holds) assert((holds) || name)

byte crashes = 0, losses = 0;
#define MAY_CRASH(to) if :: crashes < CRASHES -> crashes++; goto to :: true fi
#define LOSE(message) losses < LOSSES && message > 0 -> losses++; message--

/* ================================================================================== CHARGE ==== */
#if SCENARIO == CHARGE

/* Which key a generation is sent under, and which generation a key belongs to. */
#if defined(RANDOM_KEY)
#define KEYS 4               /* Naive: each send has a fresh key. */
byte keys_used = 0, generation_of[KEYS];
#define GENERATION_OF(k) generation_of[k]
#define CHOOSE_KEY(g) \
    if :: keys_used < KEYS -> key = keys_used; generation_of[key] = g; keys_used++ \
       :: else -> key = KEYS - 1 fi
#elif defined(SECOND_PROVIDER)
#define KEYS 4               /* Naive: keys 0 and 1 are at one provider, 2 and 3 at another. */
#define GENERATION_OF(k) (k % 2)
#define CHOOSE_KEY(g) key = g
#else
#define KEYS GENERATIONS     /* provider_for: the same generation has the same key for ever. */
#define GENERATION_OF(k) k
#define CHOOSE_KEY(g) key = g
#endif

/* ---- Our database: payment and operation ---------------------------------------------------- */
mtype:state state = none;
byte generation = 0;
byte bookings = 0;           /* Ledger transactions of this payment. */
bit review = 0;              /* A success that fits nothing: parked, and a person looks. */
#define IN_DOUBT (state == sending || state == unknown || state == not_found_wait)

/* ---- The standby ---------------------------------------------------------------------------- */
#ifdef FAILOVERS
mtype:state copy_state = none;
byte copy_generation = 0, copy_bookings = 0;
byte failovers = 0, cancels = 0;
#define REPLICATE copy_state = state; copy_generation = generation; copy_bookings = bookings
#define PROMOTE state = copy_state; generation = copy_generation; bookings = copy_bookings
#define LAGS (copy_state != state || copy_generation != generation || copy_bookings != bookings)
#endif

/* COMMIT_FIRST(quit) ends what must survive before a provider is called, the intent and the claim;
 * COMMIT_OUTCOME ends the rest. A cancelled wait leaves the row on the primary alone. */
#if !defined(FAILOVERS)
#define COMMIT_FIRST(quit) skip
#define COMMIT_OUTCOME skip
#elif defined(ASYNC_STANDBY)
#define COMMIT_FIRST(quit) skip
#define COMMIT_OUTCOME skip
#elif defined(OUTCOME_ASYNC)
#define COMMIT_FIRST(quit) REPLICATE
#define COMMIT_OUTCOME skip
#elif defined(WAIT_CANCELLED) && defined(IGNORE_CANCEL)
#define COMMIT_FIRST(quit) if :: cancels < 1 -> cancels++ :: REPLICATE fi
#define COMMIT_OUTCOME if :: cancels < 1 -> cancels++ :: REPLICATE fi
#elif defined(WAIT_CANCELLED)
#define COMMIT_FIRST(quit) if :: cancels < 1 -> cancels++; goto quit :: REPLICATE fi
#define COMMIT_OUTCOME if :: cancels < 1 -> cancels++ :: REPLICATE fi
#else
#define COMMIT_FIRST(quit) REPLICATE
#define COMMIT_OUTCOME REPLICATE
#endif

/* ---- The provider and the network ----------------------------------------------------------- */
mtype:outcome remembered[KEYS] = NotFound;  /* What a repeated key is answered with. */
mtype:outcome record[KEYS] = NotFound;      /* What a query finds; this never goes away. */
byte in_flight[KEYS];                       /* Requests on their way, at most two. */
byte webhooks[KEYS];                        /* Sent and not acknowledged. */
byte charges = 0;                           /* How often money has moved. */
byte duplicates = 0;
#ifdef LYING_ANSWER
byte lies = 0;
#endif
#ifdef FORGED_WEBHOOK
byte forged = 0;
#endif

/* ---- When the same key may be sent again: Service::investigate ------------------------------- */
#if defined(SINGLE_SEND) || defined(KEY_EXPIRES)
byte senders = 0;            /* Processes that may still send: what the drain time bounds. */
#define DRAINED(k) (senders == 0 && in_flight[k] == 0)
#else
#define DRAINED(k) true
#endif
#ifdef KEY_EXPIRES
bit window_over = 0;         /* The key of the first generation is older than window - margin. */
byte forgotten = 0;
#endif
#if defined(SINGLE_SEND)
#define MAY_REPLAY false     /* The connector has no safe_replay. */
#elif defined(KEY_EXPIRES) && !defined(NO_KEY_WINDOW)
#define MAY_REPLAY !window_over
#else
#define MAY_REPLAY true
#endif

/* ---- What the clients were told ------------------------------------------------------------- */
bit told_success = 0, told_failure[GENERATIONS];

/* Bytes leave; more than two of a kind on their way make no difference. */
#define SEND(k) if :: in_flight[k] < 2 -> in_flight[k]++ :: else fi

/* The answer to a request, or a time-out. */
#ifdef LYING_ANSWER
#define HEAR(k) \
    if :: record[k] != NotFound -> heard = record[k] \
       :: record[k] != NotFound && lies < 1 -> lies++; \
          if :: record[k] == Succeeded -> heard = Declined :: else -> heard = Succeeded fi \
       :: heard = Unknown fi
#else
#define HEAR(k) if :: record[k] != NotFound -> heard = record[k] :: heard = Unknown fi
#endif
#ifdef CONFIRM_BY_QUERY
#define CONFIRM(k) heard = record[k]
#else
#define CONFIRM(k) skip
#endif

/* rules.cpp: settle and book_success, written by Engine::advance as one compare-and-set. */
inline settle(mine, heard) {
    atomic {
#ifdef NO_COMPARE
        if
        :: heard == Succeeded -> state = succeeded; bookings++
        :: heard == Declined -> state = declined
        fi;
#else
        if
        :: IN_DOUBT && generation == mine && heard == Succeeded -> state = succeeded; bookings++
        :: IN_DOUBT && generation == mine && heard == Declined -> state = declined
        :: state == declined && generation == mine && heard == Succeeded -> book_late()
        :: generation != mine && heard == Succeeded -> unclaimed_success()
        :: else
        fi;
#endif
        COMMIT_OUTCOME;
        LAW(I4_books_follow_money, bookings <= 1);
        LAW(I4_books_follow_money, bookings <= charges)
    }
}

inline book_late() {
#ifndef DROP_LATE
    state = succeeded; review = 1  /* Booked as unapplied, which does not count here. */
#else
    skip
#endif
}

inline unclaimed_success() {
#ifndef DROP_LATE
    review = 1
#else
    skip
#endif
}

/* rules.cpp: lose. */
inline lose(mine) {
    if :: state == sending && generation == mine -> state = unknown; COMMIT_OUTCOME :: else fi
}

/* A client's request: Service::create, carry_out, record, current. `again` = the client may order
 * another try after a decline. */
proctype Request(bool again) {
    byte key, mine;
    mtype:outcome heard = Unknown;
#ifdef CALL_FIRST
    /* Naive: look, call, then write. */
    atomic {
        if
        :: state == succeeded -> goto tell_success
        :: state == declined -> mine = generation; goto tell_failure
        :: else
        fi
    };
    atomic { MAY_CRASH(gone); CHOOSE_KEY(mine); SEND(key) };
    atomic { MAY_CRASH(gone); HEAR(key); if :: heard == Unknown -> goto gone :: else fi };
    atomic {
        MAY_CRASH(gone);
        if
        :: state == none && heard == Succeeded -> state = succeeded; bookings++
        :: state == none && heard == Declined -> state = declined
        :: else
        fi;
        LAW(I4_books_follow_money, bookings <= 1)
    };
    atomic {
        MAY_CRASH(gone);
        if :: heard == Succeeded -> goto tell_success :: else -> goto tell_failure fi
    };
#else
#ifdef READ_THEN_INSERT
    /* Naive: no unique key; what was read may be old when it is written. */
    atomic { if :: state == none :: else -> goto known fi };
    atomic { state = sending; generation = 0; COMMIT_FIRST(gone); goto perform };
known:
#endif
    /* The intent: rules.cpp open, Engine::create. */
    atomic {
        if
        :: state == none -> state = sending
        :: state == declined && again && generation + 1 < GENERATIONS ->
            state = sending; generation++; mine = generation
        :: state == declined && !(again && generation + 1 < GENERATIONS) ->
            mine = generation; goto tell_failure
        :: state == succeeded -> goto tell_success
        :: IN_DOUBT -> goto gone  /* 409 request_in_progress, or 202. */
        fi;
        COMMIT_FIRST(gone)
#ifdef SINGLE_SEND
        ; senders++
#endif
    };
perform:
    /* Connector::perform, no transaction open. */
#if defined(SINGLE_SEND)
    atomic {
        if :: crashes < CRASHES -> crashes++; senders--; goto gone :: true fi;
        CHOOSE_KEY(mine); SEND(key); senders--
    };
#elif defined(KEY_EXPIRES) && !defined(NO_KEY_WINDOW)
    atomic { MAY_CRASH(gone); if :: window_over -> goto gone :: else -> senders++ fi };
    atomic { CHOOSE_KEY(mine); SEND(key); senders-- };
#else
    atomic { MAY_CRASH(gone); CHOOSE_KEY(mine); SEND(key) };
#endif
    atomic {
        MAY_CRASH(gone);
        HEAR(key);
#if defined(TIMEOUT_IS_FAILURE)
        if :: heard == Unknown -> heard = Declined :: else fi
#elif defined(SECOND_PROVIDER)
        if :: heard == Unknown -> key = key + 2; SEND(key) :: else fi
#endif
    };
#ifdef SECOND_PROVIDER
    atomic { if :: heard == Unknown -> HEAR(key) :: else fi };
#endif
    /* Service::record. */
    atomic {
        MAY_CRASH(gone);
        if
        :: heard == Unknown -> lose(mine); goto gone  /* 202: the resolver goes on. */
        :: else -> CONFIRM(key); settle(mine, heard)
        fi
    };
    /* Service::current: the answer is what the row says, not what this process has heard. */
    atomic {
        MAY_CRASH(gone);
        if
        :: state == succeeded -> goto tell_success
        :: state == declined && generation == mine -> goto tell_failure
        :: else -> goto gone
        fi
    };
#endif
tell_success:
    atomic { told_success = 1; LAW(I2_told_success_is_true, charges >= 1); goto gone };
tell_failure:
    atomic {
        told_failure[mine] = 1;
        key = 0;
        do
        :: key < KEYS ->
            LAW(I3_told_failure_is_true,
                !(GENERATION_OF(key) == mine && record[key] == Succeeded));
            key++
        :: else -> break
        od
    };
gone:
    atomic { key = 0; mine = 0; heard = Unknown }
}

/* Resolver::round and Service::resolve. That a lease may end at any moment is all that is known of
 * time. */
active proctype Resolver() {
    byte key, mine;
    mtype:outcome heard = Unknown;
end_idle:
#ifdef NO_RESOLVER
    false;
#endif
    /* Store::claim, and rules.cpp lose where nobody wrote an outcome. */
    atomic {
        IN_DOUBT -> mine = generation;
#ifndef NO_BARRIER
        if :: state == sending -> state = unknown :: else fi;
        COMMIT_FIRST(look_later)
#endif
    };
    /* Connector::find. */
    atomic {
        MAY_CRASH(look_later);
#ifdef RANDOM_KEY
        heard = NotFound;
        do
        :: key < KEYS ->
            if :: GENERATION_OF(key) == mine && record[key] != NotFound -> heard = record[key]
               :: else fi;
            key++
        :: else -> break
        od;
        key = 0
#else
        if
        :: heard = record[mine]
        :: losses < LOSSES -> losses++; goto look_later
        fi
#endif
    };
    atomic {
        MAY_CRASH(look_later);
#ifdef NOT_FOUND_IS_FAILURE
        if :: heard == NotFound -> heard = Declined :: else fi;
#endif
        if
        :: heard != NotFound -> settle(mine, heard); goto look_later
        :: heard == NotFound && MAY_REPLAY && state != not_found_wait ->
#ifdef KEY_EXPIRES
            senders++
#else
            CHOOSE_KEY(mine); SEND(key); goto answer
#endif
        :: else ->
            if :: state == unknown && generation == mine -> state = not_found_wait; COMMIT_OUTCOME
               :: else fi;
            goto absent
        fi
    };
#ifdef KEY_EXPIRES
    atomic { CHOOSE_KEY(mine); SEND(key); senders-- };
#endif
answer:
    atomic {
        MAY_CRASH(look_later);
        HEAR(key);
        if :: heard == Unknown -> goto look_later :: else fi
    };
    atomic { MAY_CRASH(look_later); CONFIRM(key); settle(mine, heard); goto look_later };
absent:
    /* prove_absent: nothing of it can be on its way any more, and it is still not there. */
    atomic {
        MAY_CRASH(look_later);
        if
        :: DRAINED(mine) ->
            heard = record[mine];
            if :: heard == NotFound -> heard = Declined :: else fi
        :: else -> goto look_later
        fi
    };
    atomic { MAY_CRASH(look_later); settle(mine, heard) };
look_later:
    atomic { key = 0; mine = 0; heard = Unknown; goto end_idle }
}

/* A webhook is a hint: ask, settle, then acknowledge. What is not acknowledged comes again. */
active proctype Webhook() {
    byte key;
    mtype:outcome heard = Unknown;
end_idle:
    if
    :: atomic { webhooks[0] > 0 -> key = 0 }
#if KEYS > 1
    :: atomic { webhooks[1] > 0 -> key = 1 }
#endif
#if KEYS > 2
    :: atomic { webhooks[2] > 0 -> key = 2 }
    :: atomic { webhooks[3] > 0 -> key = 3 }
#endif
    fi;
#ifdef ACKNOWLEDGE_FIRST
    atomic { if :: webhooks[key] > 0 -> webhooks[key]-- :: else fi };
#endif
    atomic {
        MAY_CRASH(done);
#ifdef WEBHOOK_IS_TRUTH
        heard = Succeeded;
#else
        heard = record[key];
#endif
#if defined(CALL_FIRST)
        skip  /* Unknown payment: dropped. */
#elif defined(WEBHOOK_NO_COMPARE)
        state = succeeded; bookings++; LAW(I4_books_follow_money, bookings <= 1)
#else
        if
        :: heard == NotFound  /* Nobody knows of it: forged. */
        :: heard != NotFound && state == none -> review = 1
        :: else -> settle(GENERATION_OF(key), heard)
        fi
#endif
    };
#ifndef ACKNOWLEDGE_FIRST
    atomic { MAY_CRASH(done); if :: webhooks[key] > 0 -> webhooks[key]-- :: else fi };
#endif
done:
    atomic { key = 0; heard = Unknown; goto end_idle }
}

/* One request arrives at the provider; a key that it remembers has no effect any more. */
inline provider_executes(k) {
    atomic {
        in_flight[k] > 0 -> in_flight[k]--;
        if
        :: remembered[k] == NotFound ->
            if
            :: remembered[k] = Succeeded; record[k] = Succeeded; charges++; webhooks[k]++;
                LAW(I1_money_moves_once, charges <= 1);
                LAW(I3_told_failure_is_true, !told_failure[GENERATION_OF(k)])
            :: record[k] = Declined;
#ifndef FORGETS_DECLINES
                remembered[k] = Declined
#else
                skip
#endif
            fi
        :: else
        fi
    }
}

#define WORLD(k) \
    :: provider_executes(k) \
    :: atomic { LOSE(in_flight[k]) } \
    :: atomic { LOSE(webhooks[k]) } \
    :: atomic { webhooks[k] > 0 && duplicates < DUPLICATES -> duplicates++; webhooks[k]++ }

active proctype Provider() {
end_idle:
    do
    WORLD(0)
#if KEYS > 1
    WORLD(1)
#endif
#if KEYS > 2
    WORLD(2)
    WORLD(3)
#endif
#ifdef FORGED_WEBHOOK
    :: atomic { forged < 1 -> forged++; webhooks[0]++ }
#endif
#if defined(KEY_EXPIRES) && defined(NO_KEY_WINDOW)
    :: atomic {
        forgotten == 0 && remembered[0] != NotFound -> forgotten++; remembered[0] = NotFound
    }
#elif defined(KEY_EXPIRES)
    /* The margin is longer than any pause of a process and any life of a message. */
    :: atomic { !window_over && IN_DOUBT && generation == 0 -> window_over = 1 }
    :: atomic {
        window_over && forgotten == 0 && remembered[0] != NotFound && DRAINED(0) ->
            forgotten++; remembered[0] = NotFound
    }
#endif
    od
}

#ifdef FAILOVERS
active proctype Standby() {
end_idle:
    do
#if defined(ASYNC_STANDBY) || defined(OUTCOME_ASYNC) || defined(WAIT_CANCELLED)
    :: d_step { LAGS -> REPLICATE }
#endif
    :: atomic { failovers < FAILOVERS -> failovers++; PROMOTE }
    od
}
#endif

/* Stories that must be possible: -DWITNESS=... has to break W_reached. */
#define SUCCESS_AFTER_TWO_CRASHES (told_success && crashes == 2)
#define SUCCESS_AFTER_A_DECLINE (told_failure[0] && state == succeeded && generation == 1)
#define CHARGED_AND_NOBODY_TOLD (charges == 1 && !told_success)
#define SUCCESS_UNDER_ALL_FAULTS (losses == 2 && duplicates == 1 && told_success)
#define SUCCESS_AFTER_TWO_FAILOVERS (failovers == 2 && told_success)

init {
    atomic {
        run Request(false);
#if REQUESTS > 1
        run Request(true);
#endif
#if REQUESTS > 2
        run Request(true);
#endif
    };
#ifndef LIVENESS
    timeout;  /* Nobody can take a step any more: all faults are over, all recovery is done. */
#ifdef WITNESS
    LAW(W_reached, !(WITNESS));
#endif
#ifndef SAFETY_ONLY
    LAW(I5_at_rest_all_is_known, !IN_DOUBT);
    LAW(I5_at_rest_all_is_known, charges == 0 || (state == succeeded && bookings == 1));
    LAW(I5_at_rest_all_is_known, !review);
    LAW(I4_books_follow_money, bookings == (state == succeeded));
    LAW(I6_told_success_stays, !told_success || state == succeeded)
#endif
#endif
}

#ifdef LIVENESS
ltl every_doubt_ends { [] (IN_DOUBT -> <> (state == succeeded || state == declined)) }
#endif
#endif

/* ======================================================================= CAPTURE_OR_CANCEL ==== */
#if SCENARIO == CAPTURE_OR_CANCEL

mtype:action = { nothing, capture, cancel };  /* Payment::doing; nothing = no operation. */
mtype:hold = { authorized, captured, voided };

mtype:action doing = nothing;
mtype:hold ours = authorized, theirs = authorized;
byte bookings = 0, captures = 0;              /* Ours; how often the provider has moved money. */
byte in_flight[2];                            /* 0 the captures, 1 the cancellation. */
mtype:hold answers[2] = authorized;           /* authorized = no answer. */
bit told_captured = 0, told_voided = 0;

#define KEY_OF(what) (what == cancel)

inline provider_executes(k) {
    if
    :: k == 0 && theirs == authorized ->
        theirs = captured; captures++; LAW(I1_money_moves_once, captures <= 1)
    :: k == 1 && theirs == authorized -> theirs = voided
    :: else
    fi
}

/* What is written is what the provider says of the payment, and only while it is under way. */
inline settle(what, heard) {
    atomic {
#ifdef NO_COMPARE
        if
        :: heard == captured && what == capture -> ours = captured; bookings++
        :: heard == voided && what == cancel -> ours = voided
        :: else
        fi;
#else
        if
        :: ours == authorized && heard == captured -> ours = captured; bookings++; doing = nothing
        :: ours == authorized && heard == voided -> ours = voided; doing = nothing
        :: else
        fi;
#endif
        LAW(I4_books_follow_money, bookings <= 1)
    }
}

/* Service::act. */
proctype Request(mtype:action what) {
    mtype:hold heard = authorized;
#ifdef NO_CLAIM
    /* Naive: look, then call; nothing says that something is under way. */
    if :: ours == authorized :: else -> goto gone fi;
#else
    /* rules.cpp begin: operation_in_progress, payment_not_capturable, payment_not_cancelable. */
    atomic { if :: doing == nothing && ours == authorized -> doing = what :: else -> goto gone fi };
#endif
    MAY_CRASH(gone);
    in_flight[KEY_OF(what)]++;
    MAY_CRASH(gone);
    if :: heard = answers[KEY_OF(what)] :: true fi;
    MAY_CRASH(gone);
#ifdef TIMEOUT_IS_VOIDED
    if :: what == cancel -> heard = voided :: else fi;
#endif
    if :: heard != authorized -> settle(what, heard) :: else -> goto gone fi;
    MAY_CRASH(gone);
    atomic {
        if
        :: what == capture && ours == captured ->
            told_captured = 1; LAW(I2_told_success_is_true, theirs == captured)
        :: what == cancel && ours == voided ->
            told_voided = 1; LAW(I2_told_success_is_true, theirs == voided)
        :: else
        fi
    };
gone:
    heard = authorized
}

active proctype Resolver() {
    mtype:hold heard = authorized;
    mtype:action what = nothing;
end_idle:
    atomic { doing != nothing -> what = doing };
    MAY_CRASH(look_later);
    if :: heard = theirs :: losses < LOSSES -> losses++; goto look_later fi;
    MAY_CRASH(look_later);
    if
    :: heard == authorized ->  /* Not there: the same key again. */
        atomic { if :: in_flight[KEY_OF(what)] < 2 -> in_flight[KEY_OF(what)]++ :: else fi }
    :: else -> settle(what, heard)
    fi;
look_later:
    atomic { heard = authorized; what = nothing; goto end_idle }
}

#define WORLD(k) \
    :: atomic { \
        in_flight[k] > 0 -> in_flight[k]--; provider_executes(k); \
        if :: answers[k] = theirs :: losses < LOSSES -> losses++ fi \
    } \
    :: atomic { LOSE(in_flight[k]) }

active proctype Provider() {
end_idle:
    do
    WORLD(0)
    WORLD(1)
    od
}

init {
    atomic { run Request(capture); run Request(cancel); run Request(capture) };
    timeout;
    LAW(I5_at_rest_all_is_known, doing == nothing);
    LAW(I5_at_rest_all_is_known, ours == theirs);
    LAW(I4_books_follow_money, bookings == captures);
    LAW(I6_told_success_stays, !told_captured || theirs == captured);
    LAW(I6_told_success_stays, !told_voided || theirs == voided)
}
#endif

/* ================================================================================= REFUNDS ==== */
#if SCENARIO == REFUNDS

#define CAPTURED 3
#ifndef OPERATIONS
#define OPERATIONS 3         /* Refunds of 2, 2 and 1. */
#endif
byte refunded = 0, refund_reserved = 0;  /* Counters of the payment. */
byte returned = 0;                       /* What the provider has given back. */
byte amount[OPERATIONS];
mtype:state state[OPERATIONS] = none;
mtype:outcome record[OPERATIONS] = NotFound;
byte in_flight[OPERATIONS];

inline settle(i, heard) {
    atomic {
        if
        :: state[i] == sending && heard == Succeeded ->
            state[i] = succeeded; refunded = refunded + amount[i];
            refund_reserved = refund_reserved - amount[i]
        :: state[i] == sending && heard == Declined ->
            state[i] = declined; refund_reserved = refund_reserved - amount[i]
        :: else
        fi
#ifndef READ_THEN_WRITE
        ; LAW(I4_books_follow_money, refunded + refund_reserved <= CAPTURED)
#endif
    }
}

proctype Refund(byte i) {
    mtype:outcome heard = Unknown;
#ifdef READ_THEN_WRITE
    /* Naive: the balance that was checked is not the one that is written to. */
    atomic { if :: refunded + amount[i] <= CAPTURED :: else -> goto gone fi };
    atomic { state[i] = sending; refund_reserved = refund_reserved + amount[i] };
#else
    /* The intent reserves; a CHECK on the row refuses too much. */
    atomic {
        if
        :: refunded + refund_reserved + amount[i] <= CAPTURED ->
            state[i] = sending; refund_reserved = refund_reserved + amount[i]
        :: else -> goto gone
        fi
    };
#endif
    atomic { MAY_CRASH(gone); in_flight[i]++ };
    atomic {
        MAY_CRASH(gone);
        if :: record[i] != NotFound -> heard = record[i] :: true fi;
#ifdef RELEASE_ON_TIMEOUT
        if :: heard == Unknown -> heard = Declined :: else fi
#else
        if :: heard == Unknown -> goto gone :: else fi
#endif
    };
    atomic { MAY_CRASH(gone); settle(i, heard) };
gone:
    heard = Unknown
}

active proctype Resolver() {
    byte i;
    mtype:outcome heard = Unknown;
end_idle:
    if
    :: atomic { state[0] == sending -> i = 0 }
    :: atomic { state[1] == sending -> i = 1 }
#if OPERATIONS > 2
    :: atomic { state[2] == sending -> i = 2 }
#endif
    fi;
    atomic {
        MAY_CRASH(look_later);
        if :: heard = record[i] :: losses < LOSSES -> losses++; goto look_later fi
    };
    atomic {
        MAY_CRASH(look_later);
        if
        :: heard != NotFound -> settle(i, heard)
        :: else -> if :: in_flight[i] < 2 -> in_flight[i]++ :: else fi
        fi
    };
look_later:
    atomic { i = 0; heard = Unknown; goto end_idle }
}

inline provider_executes(k) {
    atomic {
        in_flight[k] > 0 -> in_flight[k]--;
        if
        :: record[k] == NotFound ->
            if
            :: record[k] = Succeeded; returned = returned + amount[k];
                LAW(I1_money_moves_once, returned <= CAPTURED)
            :: record[k] = Declined
            fi
        :: else
        fi
    }
}

#define WORLD(k) \
    :: provider_executes(k) \
    :: atomic { LOSE(in_flight[k]) }

active proctype Provider() {
end_idle:
    do
    WORLD(0)
    WORLD(1)
#if OPERATIONS > 2
    WORLD(2)
#endif
    od
}

init {
    atomic {
        amount[0] = 2; run Refund(0);
        amount[1] = 2; run Refund(1);
#if OPERATIONS > 2
        amount[2] = 1; run Refund(2)
#endif
    };
    timeout;
    LAW(I5_at_rest_all_is_known, refund_reserved == 0);
    LAW(I4_books_follow_money, refunded == returned)
}
#endif

/* ================================================================================== OUTBOX ==== */
#if SCENARIO == OUTBOX

mtype:event = { unwritten, waiting, relayed };
mtype:event event = unwritten;
bit changed = 0, seen = 0;   /* The payment; the consumer's memory of event ids. */
byte broker = 0, effects = 0;

active proctype Writer() {
#if defined(PUBLISH_BEFORE)
    broker++;
    MAY_CRASH(gone);
    changed = 1;
#elif defined(PUBLISH_AFTER)
    changed = 1;
    MAY_CRASH(gone);
    broker++;
#else
    atomic { changed = 1; event = waiting };  /* advance_payments: the event is in the change. */
#endif
gone:
    skip
}

active proctype Relay() {
end_idle:
    do
    :: event == waiting ->
#ifdef MARK_FIRST
        event = relayed;
        MAY_CRASH(end_idle);
        broker++
#else
        MAY_CRASH(end_idle);
        atomic { if :: broker < 3 -> broker++ :: else fi };
        MAY_CRASH(end_idle);
        event = relayed
#endif
    od
}

active proctype Consumer() {
end_idle:
    do
    :: broker > 0 ->
#ifdef OFFSET_FIRST
        broker--;
        MAY_CRASH(end_idle);
        atomic { if :: !seen -> seen = 1; effects++ :: else fi }
#else
#ifdef NO_MEMORY
        effects++;
#else
        atomic { if :: !seen -> seen = 1; effects++ :: else fi };
#endif
        MAY_CRASH(end_idle);
        broker--
#endif
    od
}

init {
    timeout;
    LAW(I1_money_moves_once, effects <= 1);
    LAW(I4_books_follow_money, effects == 0 || changed);
    LAW(I5_at_rest_all_is_known, !changed || effects > 0)
}
#endif
