"""bookings: who stays where, when.

Owns       properties, room types, sold nights and what is not sold, rooms, how clean they are and who is in them,
           bookings with their people and needs, groups and their blocks, functions and the rooms they are held in,
           guests as they departed, terms of stays and the proof that they were told, the notices other systems sent,
           teams, the rules that route bookings to them, and where each was sent, what the law asks to register of
           guests and the registers drawn from it.
Answers    SetUpProperty, ReadProperties, ReadAvailability, SetAvailability; OpenBooking, ReadBooking,
           ReadBookingPeople, FindBookings, ConfirmBooking, HoldBooking, CancelBooking, CheckInBooking, CheckOutBooking,
           MarkNoShow, ReinstateBooking, UndoCheckIn;
           AddPerson, ChangePerson, RemovePerson, SetNeeds, KeepDepartedGuests; WriteTerms, ReadTerms,
           MoveBooking, MoveBookings, ReadMoves;
           SetTermsTelling, TellTerms, ReadToldTerms; ChangeStay, ChangeRoomType, AddRoom, RemoveRoom;
           ReadRelocations, RelocateBooking; ReceiveNotice, ReadNotice, FindNotices, CountNotices,
           ReplayNotice, ReplayNotices; ReceiveRevision; ReceiveOpenTravel, ReceiveGuestRequests, GreetAlpineBits;
           SetCodes, ReadCodes; ProveCounters; SetUpRooms, ReadRooms, ReadRoom, ChangeRoom, RetireRoom, CloseRoom,
           EndClosure, SetRoomStatus, ReadRoomOccupant; AssignRoom, UnassignRoom, MoveRoom, SwapRooms, AssignArrivals,
           ReadRoomOptions; ReadBoard, PlaceStays; OpenGroup, ReadGroup, FindGroups, ChangeGroup, CancelGroup,
           PickUpRooms; SetFunctionRooms, ReadFunctionRooms, BookFunction, ReadFunction, FindFunctions, ChangeFunction,
           CancelFunction;
           SetRoutingRule, RemoveRoutingRule, ReadRoutingRules, SetTeam, ReadTeams, ReadTeamQueue, ClaimBooking,
           HandBackBooking, ReadBookingRoute; ReadChannelReport; KeepRegistration, DeleteRegistration,
           ReadRegistration, ReadRegistrations, FindMissing; SetRegisterHouse, ReadRegisterHouse, ExportRegister,
           ReadRegister, FindRegisters, KeepReceipt, NoteLook, LookAtDocument, LookAtCards, LookAtFile,
           FindByDocument, FindDestructions; ReadStaysOf; ReadOccasion, FindContactOf.
Announces  BookingReceived, BookingPeopleChanged, BookingHeld, BookingConfirmed, BookingChanged, BookingCancelled,
           BookingCheckedIn, BookingCheckedOut, BookingMarkedNoShow, BookingMoved; BookingRouted, BookingClaimed,
           BookingHandedBack; ConsentStated; TermsTold; NoticeReplayAsked; RoomStatusChanged, RoomsAssigned;
           GroupChanged, FunctionChanged.
Hears      profiles: GuestsIdentified, LevelChanged; its own BookingConfirmed, BookingChanged and NoticeReplayAsked;
           from other systems: `booking.notice`, `room.notice`, `channex.revision`, `opentravel.notice` and
           `alpinebits.notice` on the exchange `inbound`.
"""
