// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IArbitrator} from "./interfaces/IArbitrator.sol";

/// Where a request stands. The numbers are part of the events.
enum Phase {
    None, // no such request
    Applied, // waits out the challenge period
    AppliedChallenged, // an application in dispute
    Listed, // accepted; its deposit stays while it is listed
    ListedChallenged, // a listing in dispute
    Closed // its deposit has been credited to whom it belongs
}

/// The terms under which a provider applies. A request keeps the terms that it was made under.
struct Parameters {
    uint128 deposit; // token units, staked by the applicant and by a challenger alike
    uint40 challengePeriod_s; // how long an application may be challenged
    uint40 rulingPeriod_s; // how long an arbitrator may take; after it nothing changes
    uint40 exitDelay_s; // how long a listing may still be challenged after its exit began
    uint16 dispensation_bps; // the arbitrator's share of the loser's stake, of 10,000
    IArbitrator arbitrator;
}

struct Request {
    address requester; // who paid the deposit, and gets it back
    uint32 providerId;
    uint32 termsId; // `parametersAt(termsId)` are its terms
    Phase phase;
    address challenger; // of the dispute under way, else zero
    uint40 deadline; // unix time in seconds: end of the challenge, then of the ruling period
    uint40 exitAt; // unix time in seconds from which the exit may be finished; 0 = no exit
    uint256 disputeId; // of the dispute under way, as the arbitrator numbers it
}
