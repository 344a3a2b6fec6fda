#!/usr/bin/perl
# Adds an agent with a token to a prepared Request Tracker, for the tests.
use strict;
use warnings;
use lib '/usr/local/share/request-tracker5/lib', '/usr/share/request-tracker5/lib', '/opt/rt5/local/lib', '/opt/rt5/lib';
use RT;
RT::LoadConfig();
RT::Init();

my $system = RT->SystemUser;
my $queue  = RT::Queue->new($system);
$queue->Load('Community');
my $user = RT::User->new($system);
$user->Create(Name => 'agent1', RealName => 'Agent One', EmailAddress => 'agent1@desk.test', Privileged => 1);
$user->Load('agent1');
for my $right (qw(SeeQueue ShowTicket ShowTicketComments CreateTicket ReplyToTicket CommentOnTicket ModifyTicket
    DeleteTicket OwnTicket TakeTicket SeeCustomField ModifyCustomField)) {
    $user->PrincipalObj->GrantRight(Object => $queue, Right => $right);
}
my ($id, $message, $token) = RT::AuthToken->new($system)->Create(Owner => $user->id, Description => 'tests');
die "token: $message\n" unless $id;
print "AGENT=$token\n";
