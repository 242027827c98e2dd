"""Django's admin for the owner."""

from django.contrib import admin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from rooms.admin import background, invite, occasions, post, records, response, room

__all__ = ["background", "invite", "occasions", "post", "records", "response", "room"]

admin.site.site_header = "confcall"
admin.site.site_title = "confcall"
admin.site.index_title = _("Your calls")
admin.site.site_url = None  # the front page has nothing for an owner
# There is one owner, perhaps with some helpers, so groups of permissions would be in the way.
admin.site.unregister(Group)
