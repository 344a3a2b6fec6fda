#!/usr/bin/perl
# Prepares a Request Tracker 5 for Selfie: a queue, three custom fields, an
# account for the connector with its token, and (when HOOK_URL is given) a
# scrip that hints at changes. Repeatable: what stands is kept, except that the
# connector gets a new token. Run it on the RT server as the web server's user:
#
#   QUEUE=Community HOOK_URL=https://help.example.org/hooks/desks/rt \
#   HOOK_SECRET=whsec_... perl setup.pl
#
# It prints TOKEN=..., once: RT keeps only a hash.
use strict;
use warnings;
use lib '/usr/local/share/request-tracker5/lib', '/usr/share/request-tracker5/lib', '/opt/rt5/local/lib', '/opt/rt5/lib';
use RT;
RT::LoadConfig();
RT::Init();

my $system  = RT->SystemUser;
my $name    = $ENV{QUEUE} || 'Community';
my $account = $ENV{ACCOUNT} || 'selfie';

sub must { my ($ok, $message, $what) = @_; die "$what: $message\n" unless $ok; return $ok }

my $queue = RT::Queue->new($system);
$queue->Load($name);
must($queue->Create(Name => $name, Description => 'Questions from the community'), 'queue') unless $queue->id;

sub field {
    my ($field, $lookup, $link) = @_;
    my $cf = RT::CustomField->new($system);
    $cf->LoadByCols(Name => $field, LookupType => $lookup);
    unless ($cf->id) {
        my ($id, $message) = $cf->Create(Name => $field, Type => 'FreeformSingle', LookupType => $lookup,
            ($link ? (LinkValueTo => '__CustomField__') : ()));
        must($id, $message, "custom field $field");
        $cf->Load($id);
    }
    $cf->AddToObject($queue) unless $cf->IsAdded($queue->id) || $cf->IsGlobal;
}
field('ThreadRef',      'RT::Queue-RT::Ticket');
field('ThreadURL',      'RT::Queue-RT::Ticket', 1);
field('ExternalPostID', 'RT::Queue-RT::Ticket-RT::Transaction');

my $user = RT::User->new($system);
$user->Load($account);
unless ($user->id) {
    my ($id, $message) = $user->Create(Name => $account, RealName => 'Community', Privileged => 1);
    must($id, $message, "account $account");
    $user->Load($id);
}

sub grant {
    my ($object, @rights) = @_;
    for my $right (@rights) {
        next if $user->PrincipalObj->HasRight(Object => $object, Right => $right);
        my ($ok, $message) = $user->PrincipalObj->GrantRight(Object => $object, Right => $right);
        must($ok, $message, "right $right");
    }
}
grant($queue, qw(SeeQueue ShowTicket ShowTicketComments CreateTicket ReplyToTicket CommentOnTicket
    ModifyTicket SeeCustomField ModifyCustomField SetInitialCustomField));

my $tokens = RT::AuthTokens->new($system);
$tokens->Limit(FIELD => 'Owner', VALUE => $user->id);
while (my $t = $tokens->Next) { $t->Delete if ($t->Description || '') eq 'selfie' }
my ($tid, $tmessage, $token) = RT::AuthToken->new($system)->Create(Owner => $user->id, Description => 'selfie');
must($tid, $tmessage, 'token');
print "TOKEN=$token\n";

# The scrip runs in stage TransactionBatch, after the commit: in an earlier one
# the receiver could not yet read what it is told of. It may fail and may tell
# half: it is a hint, and the poll is the record.
if (my $url = $ENV{HOOK_URL}) {
    (my $secret = $ENV{HOOK_SECRET} || '') =~ s/^whsec_//;
    die "HOOK_SECRET: base64 of 24 to 64 bytes behind whsec_ is wanted\n" unless $secret =~ m{^[A-Za-z0-9+/]{32,88}={0,2}$};
    die "HOOK_URL: an http or https address is wanted\n" unless $url =~ m{^https?://[^\s'\\]+$};
    my $code = <<'PERL';
my $t = $self->TicketObj;
eval {
    require LWP::UserAgent; require Digest::SHA; require JSON; require MIME::Base64;
    my @batch = @{ $t->TransactionBatch || [] };
    my $last  = @batch ? $batch[-1]->id : 0;
    my ($id, $now) = ("rt-" . $t->id . "-$last", time);
    my $body = JSON->new->canonical->utf8->encode({ type => 'ticket.changed', data => { ticket => $t->id + 0, last => $last + 0 } });
    my $key  = MIME::Base64::decode_base64('__SECRET__');
    my $sign = 'v1,' . MIME::Base64::encode_base64(Digest::SHA::hmac_sha256("$id.$now.$body", $key), '');
    my $r = LWP::UserAgent->new(timeout => 2)->post('__URL__', 'Content-Type' => 'application/json', 'webhook-id' => $id,
        'webhook-timestamp' => $now, 'webhook-signature' => $sign, Content => $body);
    RT->Logger->warning("selfie hint $id: " . $r->status_line) unless $r->is_success;
};
RT->Logger->warning("selfie hint failed: $@") if $@;
1;
PERL
    $code =~ s/__SECRET__/$secret/;
    $code =~ s/__URL__/$url/;
    my $scrip = RT::Scrip->new($system);
    $scrip->LoadByCols(Description => 'Selfie hint');
    if ($scrip->id) {
        $scrip->SetCustomCommitCode($code) if ($scrip->CustomCommitCode || '') ne $code;
    } else {
        must($scrip->Create(Queue => $queue->id, Description => 'Selfie hint', ScripCondition => 'On Transaction',
            ScripAction => 'User Defined', Template => 'Blank', Stage => 'TransactionBatch',
            CustomPrepareCode => '1;', CustomCommitCode => $code), 'scrip');
    }
}
